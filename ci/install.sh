#!/bin/sh
# Installs the executable of a release into a folder, after a look at its checksum:
#
#     REVIEW_RELEASES=https://github.com/OWNER/autoscrape/releases/download ci/install.sh v1.2.3 FOLDER
set -eu
version=$1
folder=$2
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) platform=linux-x64 ;;
  Linux-aarch64 | Linux-arm64) platform=linux-arm64 ;;
  *)
    echo "autoscrape: there is no executable for $(uname -s) on $(uname -m)" >&2
    exit 1
    ;;
esac
archive=autoscrape-$platform.tar.gz
mkdir -p "$folder"
cd "$folder"
curl -fsSLO "$REVIEW_RELEASES/$version/$archive"
curl -fsSLO "$REVIEW_RELEASES/$version/SHA256SUMS"
grep " $archive\$" SHA256SUMS | sha256sum --check --quiet
tar -xzf "$archive"
rm "$archive" SHA256SUMS
