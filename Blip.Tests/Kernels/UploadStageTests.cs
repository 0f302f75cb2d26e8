using Blip.Kernels.Devices;
using Blip.Runtime.Imaging;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Tests.Kernels;

/// <summary>Bytes that go to a device beside its work arrive unchanged, and never over bytes that are still read.</summary>
public class UploadStageTests
{
    private const int Half = 1 << 16;

    public static TheoryData<string> Ids => ["cpu", "opencl", "cuda"];

    [Theory, MemberData(nameof(Ids))]
    public void Both_halves_are_used_again_and_again(string id)
    {
        using var device = Open(id);
        using var stage = new UploadStage(device, 8, Half);
        var random = new Random(1);
        var waiting = new Queue<(byte[] Bytes, StagedBytes Staged)>();
        var refused = 0;
        for (var i = 0; i < 60; i++)
        {
            var bytes = new byte[random.Next(1, Half / 2)];
            random.NextBytes(bytes);
            if (stage.TryAdd(bytes) is not { } staged)
            {
                // Both halves are full: the oldest go, and there is room again.
                refused++;
                while (waiting.Count > 0)
                    Take();
                staged = Assert.IsType<StagedBytes>(stage.TryAdd(bytes));
            }
            waiting.Enqueue((bytes, staged));
        }
        while (waiting.Count > 0)
            Take();
        Assert.True(refused > 3, $"{refused} of 60 did not fit");
        var live = device.LiveBuffers;
        stage.Dispose();
        Assert.Equal(live - 2, device.LiveBuffers);

        void Take()
        {
            var (bytes, staged) = waiting.Dequeue();
            Assert.Equal(bytes, Read(device, staged.OnDevice()));
            staged.Dispose();
            Assert.Throws<ObjectDisposedException>(() => staged.OnDevice());
        }
    }

    [Theory, MemberData(nameof(Ids))]
    public void What_is_too_large_or_empty_goes_another_way(string id)
    {
        using var device = Open(id);
        using var stage = new UploadStage(device, 8, Half);
        Assert.Null(stage.TryAdd(new byte[Half + 1]));
        Assert.Null(stage.TryAdd([]));
        using var whole = stage.TryAdd(new byte[Half]);
        Assert.NotNull(whole);
    }

    [Theory, MemberData(nameof(Ids))]
    public void A_staged_image_is_preprocessed_as_another(string id)
    {
        using var device = Open(id);
        using var stage = new UploadStage(device, 8);
        using var preprocessor = new ImagePreprocessor(device, new ImageProcessing { Width = 32, Height = 24 });
        using var outputs = device.Allocate<float>(2L * preprocessor.OutputLength);
        var pixels = new byte[3 * 50 * 40];
        new Random(2).NextBytes(pixels);
        var image = new RgbImage(50, 40, pixels);
        preprocessor.Write(image, outputs.View.SubView(0, preprocessor.OutputLength));
        using (var staged = stage.TryAdd(pixels))
            preprocessor.Write(image, outputs.View.SubView(preprocessor.OutputLength, preprocessor.OutputLength), staged: staged);
        var both = outputs.ToArray();
        Assert.Equal(both[..preprocessor.OutputLength], both[preprocessor.OutputLength..]);
    }

    [Fact]
    public void What_is_dropped_is_found_again()
    {
        using var device = Device.Open("cpu");
        using var stage = new UploadStage(device, 8, Half);
        for (var i = 0; i < 2; i++)
            Drop(stage);
        Assert.Null(stage.TryAdd(new byte[Half]));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        using var again = stage.TryAdd(new byte[Half]);
        Assert.NotNull(again);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static void Drop(UploadStage stage) => Assert.NotNull(stage.TryAdd(new byte[Half]));

    private static Device Open(string id) => id == "cuda" ? Devices.OpenCuda() : Devices.Open(id);

    private static byte[] Read(Device device, ArrayView<byte> view)
    {
        using var copy = device.Allocate<byte>(view.Length, zeroed: false);
        view.CopyTo(device.Stream, copy.View);
        return copy.ToArray();
    }
}
