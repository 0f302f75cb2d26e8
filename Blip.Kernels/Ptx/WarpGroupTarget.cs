using System.Globalization;
using System.Text.RegularExpressions;

namespace Blip.Kernels.Ptx;

/// <summary>
/// Warpgroup instructions need sm_90a, PTX 8.0, and shared memory at a multiple of 1024 bytes. ILGPU 1.5.3 writes <c>.target sm_80</c> for
/// later architectures, so text with such instructions is corrected.
/// </summary>
internal static partial class WarpGroupTarget
{
    private const decimal LeastVersion = 8.0m;

    public static bool IsIn(string ptx) => ptx.Contains("wgmma.", StringComparison.Ordinal);

    public static string Apply(string ptx) => !IsIn(ptx) ? ptx : SharedAlignment().Replace(
        Version().Replace(
            Target().Replace(ptx, ".target sm_90a"),
            match => string.Create(
                CultureInfo.InvariantCulture,
                $".version {Math.Max(LeastVersion, decimal.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)):F1}")),
        ".shared .align 1024");

    [GeneratedRegex(@"\.target sm_\w+")]
    private static partial Regex Target();

    [GeneratedRegex(@"\.version (\d+\.\d+)")]
    private static partial Regex Version();

    [GeneratedRegex(@"\.shared \.align \d+")]
    private static partial Regex SharedAlignment();
}
