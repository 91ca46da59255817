"""Inventories of device management: Microsoft Graph, Jamf Pro, MeshCentral, a file of the company."""
