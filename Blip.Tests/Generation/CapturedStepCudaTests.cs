using System.Collections.Concurrent;
using Blip.Emulation.Driver;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;
using Blip.Tests.Emulation;

namespace Blip.Tests.Generation;

/// <summary>
/// Captured steps on CUDA, on a real device where there is one and else on the emulated one: a token is one launch and one wait, and the
/// words equal the processor's, for any changes between runs.
/// </summary>
[Collection(nameof(AloneCollection))]
public class CapturedStepCudaTests
{
    private const string Model = "synthetic:tiny-square";

    private static readonly Dictionary<string, GenerationOptions> Ways = new()
    {
        ["greedy with rules"] = new() { RepetitionPenalty = 1.3, NoRepeatNgramSize = 3, SuppressTokens = [7, 9] },
        ["beams"] = new() { NumBeams = 2 },
        ["sampling"] = new() { DoSample = true, TopK = 20, TopP = 0.9, Temperature = 1.5, Seed = 3 },
    };

    public static TheoryData<string> Names => [.. Ways.Keys];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Names))]
    public void A_token_is_one_launch_and_one_wait(string way)
    {
        const int Short = 5, Long = 8;
        if (way != "beams")
            FullRun.Only();
        using var gpu = new Side(Devices.OpenCuda());
        using var cpu = new Side(Device.Open("cpu"));
        var (shortly, longly) =
            (Ways[way] with { MaxLength = Short, MinLength = Short }, Ways[way] with { MaxLength = Long, MinLength = Long });
        // A capacity serves both lengths: the second run of each finds plans, memory and graph.
        gpu.Run(shortly, images: 1);
        gpu.Run(longly, images: 1);
        gpu.Run(longly, images: 1);
        var many = gpu.Counted(longly, images: 1);
        gpu.Run(shortly, images: 1);
        gpu.Run(shortly, images: 1);
        var few = gpu.Counted(shortly, images: 1);

        Assert.Equal(cpu.Run(longly, images: 1), many.Tokens);
        Assert.Equal(cpu.Run(shortly, images: 1), few.Tokens);
        // The start token is given and the first word is the prompt's: a graph for each of the others, and nothing else.
        Assert.Equal((Long - 2, Short - 2), (many.Graphs, few.Graphs));
        Assert.Equal(many.Kernels, few.Kernels);
        Assert.Equal(many.Buffers, few.Buffers);
        if (gpu.IsEmulated)
        {
            Assert.Equal(Long - Short, many.Calls("cuGraphLaunch") - few.Calls("cuGraphLaunch"));
            Assert.Equal(Long - Short, many.Calls("cuStreamSynchronize") - few.Calls("cuStreamSynchronize"));
            foreach (var call in new[] { "cuLaunchKernel", "cuMemcpyAsync", "cuMemAlloc_v2", "cuMemFree_v2", "cuMemsetD8Async",
                "cuStreamBeginCapture_v2" })
                Assert.Equal(few.Calls(call), many.Calls(call));
            // A run's beginning goes up at once without a wait; the first word's results come down, and a search's. Each is read after one
            // wait.
            var found = Ways[way].NumBeams > 1 ? 1 : 0;
            Assert.Equal(2 + found, many.Calls("cuMemcpyAsync"));
            Assert.Equal(Long - 1 + found, many.Calls("cuStreamSynchronize"));
            foreach (var call in new[] { "cuCtxSynchronize", "cuMemsetD8Async", "cuMemAlloc_v2", "cuMemAllocHost_v2",
                "cuMemcpyHtoDAsync_v2", "cuMemcpyDtoHAsync_v2" })
                Assert.Equal(0, many.Calls(call));
        }
    }

    [Fact]
    public void Words_stay_right_when_options_shapes_and_memory_change()
    {
        using var gpu = new Side(Devices.OpenCuda());
        using var cpu = new Side(Device.Open("cpu"));
        GenerationOptions plain = new()
        {
            MaxLength = 6,
            MinLength = 6,
        }, strict = plain with { SuppressTokens = [3, 5], RepetitionPenalty = 2 };
        // Options that come again, others between them; caches that grow, a small batch after a larger one, another capacity, beams.
        (GenerationOptions Options, int Images)[] runs =
        [
            (plain, 1), (strict, 1), (plain, 1), (strict with { SuppressTokens = [3, 5] }, 1), (plain, 2),
                (plain with { MaxLength = 18, MinLength = 6 }, 1),
            (plain with { NumBeams = 2 }, 1), (plain, 1),
        ];
        foreach (var (options, images) in runs)
            Assert.Equal(cpu.Run(options, images), gpu.Run(options, images));
        Assert.True(gpu.Device.GraphLaunches > 0);
    }

    [Fact]
    public void Words_stay_right_when_plans_make_room_for_others_while_their_steps_are_captured()
    {
        FullRun.Only();
        // One plan of each graph is kept: another size of images or batches frees the memory that a captured step reads.
        using var gpu = new Side(Devices.OpenCuda(), new ModelOptions { KeptPlans = 1 });
        using var cpu = new Side(Device.Open("cpu"));
        var options = new GenerationOptions { MaxLength = 6, MinLength = 6 };
        var (captured, buffers) = (0L, new List<int>());
        foreach (var (images, side, capacity) in (
            (int, int, int)[])[(1, 24, 6), (1, 32, 6), (1, 24, 6), (2, 24, 6), (1, 24, 6), (1, 24, 18), (1, 24, 6)])
        {
            var now = options with { MaxLength = capacity };
            Assert.Equal(cpu.Run(now, images, side), gpu.Run(now, images, side));
            Assert.True(gpu.Device.GraphLaunches > captured);
            captured = gpu.Device.GraphLaunches;
            buffers.Add(gpu.Device.LiveBuffers);
        }
        // Between the first and the third run, which are alike, the second one's plans came and went.
        Assert.Equal(buffers[0], buffers[2]);
    }

    [Fact]
    public void Nothing_is_captured_while_somebody_looks_into_the_steps()
    {
        using var gpu = new Side(Devices.OpenCuda());
        using var cpu = new Side(Device.Open("cpu"));
        var options = new GenerationOptions { MaxLength = 6, MinLength = 6 };
        var expected = cpu.Run(options, 1);
        gpu.Device.Profiler = new Profiler();
        Assert.Equal(expected, gpu.Run(options, 1));
        gpu.Device.Profiler = null;
        Assert.Equal(expected, gpu.Run(options with { OutputScores = true }, 1));
        Assert.Equal(0, gpu.Device.GraphLaunches);
        Assert.Equal(expected, gpu.Run(options, 1));
        Assert.NotEqual(0, gpu.Device.GraphLaunches);
    }

    [Fact]
    public void What_may_not_be_captured_is_refused_and_harms_nothing()
    {
        using var device = Devices.OpenCuda();
        using var x = device.Upload<float>([1, 2, 3]);
        using var result = device.AllocateHost<float>(3);
        Assert.Throws<DeviceException>(() => device.Capture(() => device.Allocate<float>(8)));
        x.CopyTo(result);
        device.Synchronize();
        Assert.Equal([1f, 2, 3], result.Span.ToArray());

        using var copy = device.Capture(() => x.CopyTo(result));
        result.Span.Clear();
        device.Synchronize();
        Assert.Equal(0, result.Span[0]);
        copy.Launch();
        device.Synchronize();
        Assert.Equal([1f, 2, 3], result.Span.ToArray());
        device.Allocate<float>(8).Dispose();
        Assert.Contains("capture it again", Assert.Throws<InvalidOperationException>(copy.Launch).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_devices_share_the_images()
    {
        using var show = Devices.Has("cuda") ? null : EmulatedDevices.Show();
        if (Device.List().Count(device => device.Kind == DeviceKind.Cuda) < 2)
            Assert.Skip("only one cuda device on this machine");
        var options = new CaptionOptions { Generation = new GenerationOptions { MaxLength = 5, MinLength = 5 } };
        using var gpus = Captioner.Load(Model, new CaptionerOptions { Device = "cuda:all", BatchSize = 1 });
        using var cpu = Captioner.Load(Model, new CaptionerOptions { Device = "cpu" });
        var images = Demo.Paths.Take(5).Select(path => (ImageSource)path).ToList();
        var expected = await cpu.CaptionAllAsync(images, options, Token).Select(result => string.Join(' ', result.Caption!.Tokens))
            .ToListAsync(Token);
        var calls = new ConcurrentQueue<EmulatedDriver.StreamCall>();
        EmulatedDriver.Watcher = calls.Enqueue;
        try
        {
            Assert.Equal(expected, await gpus.CaptionAllAsync(images, options, Token)
                .Select(result => string.Join(' ', result.Caption!.Tokens)).ToListAsync(Token));
        }
        finally
        {
            EmulatedDriver.Watcher = null;
        }
        Assert.Equal(["cuda:0", "cuda:1"], gpus.Devices.Select(device => device.Id));
        Assert.Empty(gpus.Notices);
        if (gpus.DeviceDescription.Name.Contains("emulated", StringComparison.OrdinalIgnoreCase))
            Assert.True(calls.GroupBy(call => call.Device).Sum(device => CopiesBesideWork([.. device])) > 0,
                "images did not go up while others were worked on");
    }

    // Copies on a stream that runs no kernels, with a wait for the other stream behind them before that one waits for the copy: the image
    // before was worked on.
    private static int CopiesBesideWork(EmulatedDriver.StreamCall[] calls)
    {
        var work = calls.FirstOrDefault(call => call.Name == "cuLaunchKernel").Stream;
        var (beside, open) = (0, false);
        foreach (var call in calls)
        {
            if (call.Stream != work && call.Name == "cuMemcpyAsync")
                open = true;
            if (call.Stream != work || !open)
                continue;
            if (call.Name == "cuStreamSynchronize")
                (beside, open) = (beside + 1, false);
            else if (call.Name == "cuStreamWaitEvent")
                open = false;
        }
        return beside;
    }

    /// <summary>A model and a generator on one device.</summary>
    private sealed class Side : IDisposable
    {
        private readonly CaptioningModel model;
        private readonly Generator generator;

        public Side(Device device, ModelOptions? options = null)
        {
            Device = device;
            model = CaptioningModel.Load(ModelSource.Resolve(Model), device, options);
            generator = new Generator(device);
        }

        public Device Device { get; }

        public bool IsEmulated => Device.Name.Contains("emulated", StringComparison.OrdinalIgnoreCase);

        /// <summary>The tokens of each sequence, as text.</summary>
        public List<string> Run(GenerationOptions options, int images, int side = 0)
        {
            side = side > 0 ? side : model.Config.Vision.ImageSize;
            var pixels = new float[3 * side * side * images];
            for (var i = 0; i < pixels.Length; i++)
                pixels[i] = MathF.Sin(i * 0.37f) + (i / (3 * side * side));
            using (var upload = Device.Upload<float>(pixels))
                ILGPU.Runtime.ArrayViewExtensions.CopyTo(upload.View, Device.Stream, model.Vision.PixelBuffer(images, side, side));
            model.Encode(images, side, side);
            return Generate(options, images);
        }

        /// <summary>The same over the present image, with its calls of the driver.</summary>
        public Counts Counted(GenerationOptions options, int images)
        {
            EmulatedDriver.ResetCounters();
            var (graphs, kernels) = (Device.GraphLaunches, Device.Queued);
            var tokens = Generate(options, images);
            return new Counts(tokens, Device.GraphLaunches - graphs, Device.Queued - kernels, Device.LiveBuffers,
                EmulatedDriver.Counters.ToDictionary());
        }

        private List<string> Generate(GenerationOptions options, int images)
        {
            var text = model.Config.Text;
            var sequences = generator.Generate(
                model, [.. Enumerable.Repeat(new[] { text.BosTokenId }, images)],
                    new SpecialTokens(text.BosTokenId, text.SepTokenId, text.PadTokenId), options, cancellationToken: Token);
            return [.. sequences.SelectMany(image => image).Select(sequence => string.Join(' ', sequence.Tokens))];
        }

        public void Dispose()
        {
            generator.Dispose();
            model.Dispose();
            Device.Dispose();
        }
    }

    private sealed record Counts(List<string> Tokens, long Graphs, long Kernels, int Buffers, Dictionary<string, long> All)
    {
        public long Calls(string name) => All.GetValueOrDefault(name);
    }
}
