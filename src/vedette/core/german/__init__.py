"""What the suite says, in German: a module for each subject, completeness held by a test."""
