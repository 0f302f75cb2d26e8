using Blip.Kernels;
using Blip.Kernels.Devices;

namespace Blip.Tests.Emulation;

/// <summary>Values of 16 bits between operators: the formats that CUDA's doors accept, and their refusals before any launch.</summary>
public class EmulatedFormatsTests
{
    [Fact]
    public void Products_take_the_format_that_they_round_to_and_no_other()
    {
        using var device = EmulatedDevices.Open();
        using var x = device.Allocate<float>(64);
        using var y = device.Allocate<float>(64);
        using var half = PackedWeights.Allocate(device, 8, 16, DType.Float16);
        using var narrow = PackedWeights.Allocate(device, 10, 12, DType.Float16);
        using var single = PackedWeights.Allocate(device, 8, 16, DType.Float32);
        half.Fill(0, new float[8 * 16]);
        half.Upload();
        var good = new GemmArgs
        {
            X = x.View.SubView(0, 16),
            XFormat = DType.Float16,
            Weights = half,
            Y = y.View.SubView(0, 8),
            YFormat = DType.Float16,
            Rows = 2,
        };
        Gemm.Run(device, good);

        Refused("X holds 15 elements; [Rows, in] needs 16", good with { X = x.View.SubView(0, 15) });
        Refused("Y holds 7 elements; [Rows, out] needs 8", good with { Y = y.View.SubView(0, 7) });
        Refused("X begins at no multiple of 16 bytes", good with { X = x.View.SubView(1) });
        Refused("X is BFloat16; no kernel here multiplies rows of 16 so with Float16", good with { XFormat = DType.BFloat16 });
        Refused("X is Float16; no kernel here multiplies rows of 16 so with Float32", good with { Weights = single });
        Refused("X is Float16; no kernel here multiplies rows of 12 so with Float16", good with { Weights = narrow });
        Refused("Y is Float16; no kernel here stores rows of 10 so after Float16", good with { Weights = narrow, XFormat = DType.Float32 });

        void Refused(string message, GemmArgs args) =>
            Assert.Contains(message, Assert.Throws<ArgumentException>(() => Gemm.Run(device, args)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tile_that_is_asked_for_is_portable_and_takes_single_precision()
    {
        using var show = EmulatedDevices.Show();
        using var device = Device.Open("cuda", new DeviceOptions { Tile = "shared64x64" });
        Assert.Equal(new KernelTarget(0), KernelTarget.Of(device));
        Assert.Null(Gemm.InputFormat(KernelTarget.Of(device), DType.Float16, 64));
        Assert.Equal(DType.Float16, Gemm.InputFormat(new KernelTarget(80), DType.Float16, 64));
    }

    [Fact]
    public void What_is_rounded_depends_on_the_architecture_the_weights_and_the_width()
    {
        var (turing, ampere) = (new KernelTarget(75), new KernelTarget(80));
        Assert.Equal(DType.Float16, Gemm.InputFormat(turing, DType.Float16, 768));
        Assert.Equal(DType.Float16, Gemm.InputFormat(turing, DType.Int8, 768));
        Assert.Null(Gemm.InputFormat(turing, DType.BFloat16, 768));
        Assert.Equal(DType.BFloat16, Gemm.InputFormat(ampere, DType.BFloat16, 768));
        Assert.Null(Gemm.InputFormat(ampere, DType.Float32, 768));
        Assert.Null(Gemm.InputFormat(ampere, DType.Float16, 764));
        Assert.False(LayerNorm.CanStore(turing, 768, DType.BFloat16));
        Assert.True(LayerNorm.CanStore(turing, 768, DType.Float16));
        Assert.False(LayerNorm.CanStore(ampere, 768, DType.Float32));
        Assert.False(Patchify.CanStore(ampere, 3, 7, DType.Float16));
        var attention = new AttentionArgs
        {
            Rows = 1,
            QueryTokens = 5,
            HeadDim = 64,
            Heads = 1,
            QueryStride = 64,
            KeyStride = 64,
            ValueStride = 64,
            Precision = DType.BFloat16,
        };
        Assert.Equal(DType.BFloat16, Attention.InputFormat(ampere, attention));
        Assert.Null(Attention.InputFormat(turing, attention));
        Assert.Null(Attention.InputFormat(ampere, attention with { QueryTokens = 1 }));
        Assert.Null(Attention.InputFormat(ampere, attention with { ValueOffset = 4 }));
        Assert.False(Attention.CanStore(ampere, attention with { HeadDim = 60 }, DType.BFloat16));
    }
}
