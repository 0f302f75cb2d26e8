#!/usr/bin/env bash
# Builds an application that references the packages, as a user would, and looks at what it gets: eng/packages.sh FOLDER-WITH-PACKAGES
set -uo pipefail
[ -d "${1:-}" ] || { echo "usage: eng/packages.sh FOLDER (made by: dotnet pack -c Release -o FOLDER)" >&2; exit 2; }
packages="$(realpath -- "$1")"
root="$(realpath -- "$(dirname "$0")/..")"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
failed=0
wrong() { echo "wrong: $*" >&2; failed=1; }

mkdir "$work/app" && cd "$work/app" || exit 1
version="$(basename "$packages"/Blip.Runtime.[0-9]*.nupkg .nupkg)"
cat > app.csproj <<PROJECT
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
    <RestoreAdditionalProjectSources>$packages</RestoreAdditionalProjectSources>
    <!-- Packages of this run, not those of an earlier one with the same version. -->
    <RestorePackagesPath>$work/packages</RestorePackagesPath>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Blip.Runtime" Version="${version#Blip.Runtime.}" />
  </ItemGroup>
</Project>
PROJECT
cat > app.cs <<'PROGRAM'
using Blip.Runtime.Pipelines;

using var captioner = Captioner.Load(args[0], new CaptionerOptions { Device = "cpu" });
Console.WriteLine(captioner.Caption(args[1]).Text);
PROGRAM

dotnet build -c Release -o out -v q || { wrong "an application with the package does not build"; exit 1; }
size="$(du -sm out | cut -f 1)"
echo "an application with Blip.Runtime takes $size MB"
[ "$size" -le 160 ] || wrong "it grew to $size MB"
[ -z "$(find out -name 'libSkiaSharp*.pdb')" ] || wrong "it holds SkiaSharp's debug symbols"
[ "$(dotnet out/app.dll "$root/weights/captioning" "$root/weights/samples/00.png")" = "a large white ring on a cyan background" ] ||
  wrong "the application says something else"

if dotnet publish -c Release -o trimmed -v q -p:PublishTrimmed=true --self-contained > "$work/trimmed.log" 2>&1; then
  wrong "trimmed publishing was not refused"
else
  grep -m 1 -o 'BLIP0001.*start' "$work/trimmed.log" || { wrong "trimmed publishing fails with something else"; tail -5 "$work/trimmed.log"; }
fi
dotnet publish -c Release -o alone -v q --self-contained > "$work/alone.log" 2>&1 || { wrong "self-contained publishing fails"; tail -5 "$work/alone.log"; }
[ "$(alone/app "$root/weights/captioning" "$root/weights/samples/00.png")" = "a large white ring on a cyan background" ] ||
  wrong "the self-contained application says something else"
echo "self-contained for one system it takes $(du -sm alone | cut -f 1) MB"
exit $failed
