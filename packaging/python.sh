#!/usr/bin/env bash
# Prints a Python of at least 3.11 (the newest of python3, python3.13, python3.12, python3.11 that runs), or fails with a sentence.
for python in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
  if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    command -v "$python"
    exit 0
  fi
done
echo "Leadlight needs Python 3.11 or newer: install python3 and python3-venv, or name one with PYTHON=/path/to/python3 make demo" >&2
exit 1
