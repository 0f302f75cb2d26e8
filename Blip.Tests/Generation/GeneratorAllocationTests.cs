using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Models;
using Blip.Tests.Kernels;

namespace Blip.Tests.Generation;

/// <summary>A word's cost beside its arithmetic: one launch on a processor, and no memory except the garbage of ILGPU's launch.</summary>
[Collection(nameof(AloneCollection))]
public class GeneratorAllocationTests
{
    private const int Short = 20, Long = 60;

    private static readonly Dictionary<string, GenerationOptions> Ways = new()
    {
        ["greedy"] = new(),
        ["greedy with rules"] = new() { RepetitionPenalty = 1.3, NoRepeatNgramSize = 3, SuppressTokens = [7, 9] },
        ["beams"] = new() { NumBeams = 3 },
        ["sampling"] = new() { DoSample = true, TopK = 20, TopP = 0.9, Temperature = 1.5, NumReturnSequences = 2 },
        ["beams that sample"] = new() { NumBeams = 3, DoSample = true, TypicalP = 0.9, RenormalizeLogits = true },
    };

    public static TheoryData<string> Names => [.. Ways.Keys];

    [Theory, MemberData(nameof(Names))]
    public void A_token_is_one_launch_and_leaves_nothing_behind(string way)
    {
        using var device = Device.Open("cpu");
        using var model = CaptioningModel.Load(ModelSource.Resolve("synthetic:tiny-head64"), device);
        using var generator = new Generator(device);
        var (text, side) = (model.Config.Text, model.Config.Vision.ImageSize);
        var specials = new SpecialTokens(text.BosTokenId, text.SepTokenId, text.PadTokenId);
        model.Vision.PixelBuffer(2, side, side);
        model.Encode(2, side, side);
        var (shortly, longly) =
            (Ways[way] with { MaxLength = Short, MinLength = Short }, Ways[way] with { MaxLength = Long, MinLength = Long });
        // Plans, workspaces and the runtime's own first times.
        for (var i = 0; i < 40; i++)
        {
            Run(shortly);
            Run(longly);
        }
        var launch = BytesOfALaunch(device);
        // The runtime compiles anew in the background, and its code then allocates otherwise: the least of some runs is the code's own.
        var (few, many) = (Least(shortly), Least(longly));

        Assert.Equal(Long - Short, many.Launches - few.Launches);
        // The tokens themselves are given out: 4 bytes for each row, and as many again where a list is made of them.
        var rows = 2 * Math.Max(shortly.NumBeams, shortly.NumReturnSequences);
        Assert.InRange(many.Bytes - few.Bytes, 0, (Long - Short) * (launch + (8 * rows)));
        Assert.Equal(few.Buffers, many.Buffers);

        (long Bytes, long Launches, long Buffers) Least(GenerationOptions options) =>
            Enumerable.Range(0, 5).Select(_ => Run(options)).MinBy(run => run.Bytes);

        (long Bytes, long Launches, long Buffers) Run(GenerationOptions options)
        {
            int[][] prompts = [[text.BosTokenId], [text.BosTokenId]];
            var (bytes, launches) = (GC.GetAllocatedBytesForCurrentThread(), device.Launches);
            var sequences = generator.Generate(model, prompts, specials, options, cancellationToken: TestContext.Current.CancellationToken);
            var used = GC.GetAllocatedBytesForCurrentThread() - bytes;
            Assert.Equal(options.MaxLength, sequences[0][0].Tokens.Length);
            return (used, device.Launches - launches, device.LiveBuffers);
        }
    }

    // ILGPU makes an object of each launch.
    private static unsafe long BytesOfALaunch(Device device)
    {
        const int Launches = 100;
        using var counts = device.Allocate<int>(8);
        Launch(10);
        var bytes = GC.GetAllocatedBytesForCurrentThread();
        Launch(Launches);
        return (GC.GetAllocatedBytesForCurrentThread() - bytes + Launches - 1) / Launches;

        void Launch(int launches)
        {
            for (var i = 0; i < launches; i++)
                device.Launch(new DeviceTests.CountTasks { Counts = Cpu.Pointer(counts.View), Length = 8 });
        }
    }
}
