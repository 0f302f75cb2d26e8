using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Blip.Kernels;
using Blip.Kernels.Devices;

namespace Blip.Tests.Kernels;

/// <summary>
/// The assembler's results for the kernels that models launch on CUDA, in a file that a reviewer can read: registers, spills, shared
/// memory, and how many matrix instructions and background copies there are. A change of a kernel shows its effect there.
/// </summary>
public partial class PtxReportTests
{
    private const string Approved = "Blip.Tests/Goldens/ptxas.txt";

    // For drivers of processors, for training, for searches and for measuring: no model launches them on CUDA when it reads or writes a
    // text. What
    // models do launch is asked of them: AssertLists.
    private static readonly string[] NotLaunched =
    [
        "GemmPortable.", "AttentionTiled.", "Backward", "Rollout", "Peak", "Search",
        "CrossEntropy", "AdamW", "GradientNorm", "FillKernel", "SoftTargetContrast", "Dropout",
        "MomentumUpdate", "LowRank",
    ];

    [Fact]
    public void The_kernels_are_what_was_approved()
    {
        if (PtxKernels.Ptxas is null)
            Assert.Skip("no ptxas on this machine: put it on the path, or its path into BLIP_PTXAS");
        if (PtxKernels.Disassembler is null)
            Assert.Skip("no nvdisasm beside ptxas on this machine");
        var version = Version().Match(PtxKernels.Start(PtxKernels.Ptxas, "--version").Output).Value;
        if (!Approval.IsAskedFor && Version().Match(Approval.TextOf(Approved)) is { Success: true } other && other.Value != version)
            Assert.Skip($"ptxas is {version}; the approved figures are of {other.Value}");

        Approval.Check(Approved, Report(version), nameof(PtxReportTests));
    }

    [Fact]
    public void Kernels_that_count_their_registers_spill_none()
    {
        if (PtxKernels.Ptxas is null)
            Assert.Skip("no ptxas on this machine: put it on the path, or its path into BLIP_PTXAS");
        var hot = PtxKernels.Pairs.Where(pair => PtxKernels.All[pair.Kernel].Type.GetCustomAttribute<LaunchBoundsAttribute>() is not null)
            .ToList();
        Assert.NotEmpty(hot);
        Assert.All(hot, pair => Assert.Equal(0, PtxKernels.Assemble(pair.Kernel, pair.Architecture).SpilledBytes));
    }

    [Fact]
    public void What_is_left_out_is_there() =>
        Assert.All(NotLaunched, name => Assert.Contains(PtxKernels.All.Keys, kernel => kernel.Contains(name, StringComparison.Ordinal)));

    /// <summary>Holds that every kernel that was loaded for a model is in the file.</summary>
    internal static void AssertLists(Device device)
    {
        var approved = Repository.Read(Approved);
        Assert.NotEmpty(device.LoadedKernels);
        Assert.All(device.LoadedKernels, kernel => Assert.Contains($"\n{PtxKernels.NameOf(kernel)} ", approved, StringComparison.Ordinal));
    }

    private static string Report(string version)
    {
        var pairs = PtxKernels.Pairs.Where(pair => !NotLaunched.Any(name => pair.Kernel.Contains(name, StringComparison.Ordinal)))
            .OrderBy(pair => pair.Kernel, StringComparer.Ordinal).ThenBy(pair => pair.Architecture, StringComparer.Ordinal).ToList();
        var width = pairs.Max(pair => pair.Kernel.Length);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture,
            $"What ptxas {version} makes of the kernels that models launch. HMMA, HGMMA: tensor cores; LDGSTS: copies in the background. "
                + $"Shared memory is the kernels' own:\nkernels with {nameof(SixStages)} get {SixStages.LaunchBytes} bytes of each "
                + $"launch.\n\n");
        text.Append(CultureInfo.InvariantCulture, $"{"kernel".PadRight(width)}  arch   registers  spilled  shared  HMMA  HGMMA  LDGSTS\n");
        foreach (var (kernel, architecture) in pairs)
        {
            var made = PtxKernels.Assemble(kernel, architecture);
            text.Append(CultureInfo.InvariantCulture,
                $"{kernel.PadRight(width)}  {architecture}  {made.Registers,9}  {made.SpilledBytes,7}  {made.SharedBytes,6}  "
                    + $"{made.TensorCore,4}  {made.WarpGroup,5}  {made.AsyncCopies,6}\n");
        }
        return text.ToString();
    }

    [GeneratedRegex(@"\d+\.\d+\.\d+")]
    private static partial Regex Version();
}
