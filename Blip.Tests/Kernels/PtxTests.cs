using System.Text.RegularExpressions;
using Blip.Kernels;

namespace Blip.Tests.Kernels;

/// <summary>Every kernel of the project, compiled for CUDA without a driver and handed to NVIDIA's assembler.</summary>
public partial class PtxTests
{
    // About what there were when this was written; fewer means that the search finds them no more.
    private const int LeastKernels = 40;

    public static TheoryData<string, string> Pairs => [.. PtxKernels.Pairs];

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Every_kernel_compiles(string kernel, string architecture)
    {
        // The text for other GPUs differs in few instructions.
        if (architecture != $"sm_{Math.Max(PtxKernels.All[kernel].Least, 80)}")
            FullRun.Only();
        var ptx = PtxKernels.Compile(kernel, architecture);

        // ILGPU 1.5.3 writes sm_80 for all that came after it; such text runs on newer GPUs, too. Instructions of warpgroups need another
        // target.
        var target = ptx.Contains("wgmma.", StringComparison.Ordinal) ? "sm_90a" : architecture == "sm_75" ? "sm_75" : "sm_80";
        Assert.Contains($".target {target}", ptx);
        Assert.Contains(".entry", ptx);
        Assert.DoesNotContain("bra.uni", ptx);
        // C# writes such a choice only where ILGPU turned a constant's comparison round: NaN fulfils it on CUDA alone. IReal.IfMore is for
        // that.
        Assert.DoesNotMatch(TurnedRound(), ptx);
        // The result for a .NET function that ILGPU does not know: one that no driver has.
        Assert.DoesNotContain(".extern .func", ptx);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void The_assembler_accepts_every_kernel(string kernel, string architecture)
    {
        if (PtxKernels.Ptxas is null)
            Assert.Skip("no ptxas on this machine: put it on the path, or its path into BLIP_PTXAS");
        Assert.Equal("", PtxKernels.Assemble(kernel, architecture).Errors);
    }

    [Fact]
    public void Kernels_are_found()
    {
        Assert.True(PtxKernels.All.Count >= LeastKernels, $"only {PtxKernels.All.Count} kernels: {string.Join(", ", PtxKernels.All.Keys)}");
        Assert.All(PtxKernels.All.Values, kernel =>
            Assert.True(kernel.Type.IsValueType && kernel.Type.IsAssignableTo(typeof(IDeviceKernel)), $"{kernel.Type} is no kernel"));
    }

    [GeneratedRegex(@"setp\.(?:lt|le|gt|ge)u\.f(?:32|64)\s+(%p\d+), %\w+, 0[fd]\w+;\s*selp\.\w+\s+[^;]*\1;")]
    private static partial Regex TurnedRound();
}
