#!/usr/bin/env bash
# Builds the API pages from the packages' assemblies into artifacts/site/html; a warning is an error.
#
#   dotnet build -c Release && eng/docs.sh
set -euo pipefail
cd "$(dirname "$0")/.."
[ -f Blip.Server/bin/Release/net10.0/Blip.Server.dll ] || { echo "build first: dotnet build -c Release" >&2; exit 2; }
dotnet tool restore
rm -rf artifacts/site
# docfx tells warnings and ends well: its log is looked at.
mkdir -p artifacts/site
dotnet docfx metadata eng/site/docfx.json | tee artifacts/site/metadata.log
dotnet docfx build eng/site/docfx.json --warningsAsErrors | tee artifacts/site/build.log
! grep -i 'warning' artifacts/site/metadata.log artifacts/site/build.log | grep -v ' 0 warning' || { echo "docfx has warnings: see above" >&2; exit 1; }
echo "open artifacts/site/html/index.html"
