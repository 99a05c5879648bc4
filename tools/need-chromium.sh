#!/bin/sh
# The tests drive a real browser: take the one that is there, install Debian's when we may, or say what to do.
set -eu
command -v chromium >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium for the browser tests"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
    exit 0
fi
echo "The tests drive a real browser. Please install Chromium first: sudo apt-get install chromium" >&2
exit 1
