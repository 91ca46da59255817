"""Run by FreeRADIUS for each request: hands it to privacyIDEA and its answer back.

FreeRADIUS gives the request's attributes in the environment, texts in double quotes, and reads
attributes of the reply from the output. The exit code is its verdict: 0 yes, 1 no, 2 no answer,
4 a challenge. The State of a challenge is privacyIDEA's own transaction.
"""

import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

YES, NO, NO_ANSWER, CHALLENGE = 0, 1, 2, 4


def text(name: str) -> str:
    """An attribute of the request. In quotes, a backslash makes the next letter plain."""
    found = os.environ.get(name, "")
    return json.loads(found) if found.startswith('"') else found


def main(url: str) -> int:
    asked = {"user": text("USER_NAME"), "pass": text("USER_PASSWORD")}
    if state := text("STATE"):
        asked["transaction_id"] = bytes.fromhex(state.removeprefix("0x")).decode()
    try:
        data = urllib.parse.urlencode(asked).encode()
        with urllib.request.urlopen(f"{url}/validate/check", data, timeout=8) as answer:  # noqa: S310  # the operator's
            found = json.load(answer)
    except urllib.error.HTTPError as fault:
        return NO if fault.code in (400, 403) else NO_ANSWER
    except (OSError, ValueError):
        return NO_ANSWER
    words = found["result"].get("authentication")
    if words == "ACCEPT":
        return YES
    if words != "CHALLENGE":
        return NO
    detail = found["detail"]
    print(f'Reply-Message = "{"".join(filter(str.isprintable, detail["message"]))}",')
    print(f"State = 0x{detail['transaction_id'].encode().hex()}")
    return CHALLENGE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
