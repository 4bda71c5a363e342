#!/usr/bin/env bash
# system-libraries.sh [test]   Checks the system libraries that Qt needs on Debian and Ubuntu, and names what is missing.
# As root it installs them; otherwise it prints the one command to run, and fails. With "test" it also looks for a
# virtual X server (Xvfb, xdotool), which only one test needs: without it that test is left out and says so.
set -eu
[ "$(uname -s)" = Linux ] || exit 0

# library file -> Debian package
needed="libEGL.so.1:libegl1 libGL.so.1:libgl1 libxkbcommon.so.0:libxkbcommon0 libdbus-1.so.3:libdbus-1-3
libfontconfig.so.1:libfontconfig1 libglib-2.0.so.0:libglib2.0-0 libX11.so.6:libx11-6 libxcb-cursor.so.0:libxcb-cursor0
libxcb-icccm.so.4:libxcb-icccm4 libxcb-keysyms.so.1:libxcb-keysyms1 libxcb-image.so.0:libxcb-image0
libxcb-randr.so.0:libxcb-randr0 libxcb-render-util.so.0:libxcb-render-util0 libxcb-shape.so.0:libxcb-shape0
libxcb-xfixes.so.0:libxcb-xfixes0 libxcb-xkb.so.1:libxcb-xkb1 libxkbcommon-x11.so.0:libxkbcommon-x11-0"

known=$( (ldconfig -p 2>/dev/null || /sbin/ldconfig -p) | awk '{print $1}')
missing=""
for pair in $needed; do
  grep -qxF "${pair%%:*}" <<<"$known" || missing="$missing ${pair##*:}"
done
fonts=$(command -v fc-list >/dev/null 2>&1 && fc-list 2>/dev/null | head -1 || ls /usr/share/fonts/truetype/*/*.ttf 2>/dev/null | head -1 || true)
[ -n "$fonts" ] || missing="$missing fonts-dejavu-core"
python3 -c 'import ensurepip' 2>/dev/null || missing="$missing python3-venv"
optional=""
if [ "${1:-}" = test ]; then
  command -v Xvfb >/dev/null || optional="$optional xvfb"
  command -v xdotool >/dev/null || optional="$optional xdotool"
fi

[ -n "$missing$optional" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing system packages:$missing$optional"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing $optional >/dev/null
  ldconfig
  exit 0
fi
[ -z "$optional" ] || echo "Not installed:$optional. The test that presses real keys on an X server will be left out." >&2
[ -n "$missing" ] || exit 0
echo "Leadlight's window needs system libraries that are not installed. Run:" >&2
echo "  sudo apt-get install$missing" >&2
exit 1
