using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Graph;
using Blip.Runtime.Models;
using Blip.Verification.Cases;

namespace Blip.Tests.Kernels;

public class DTypeTests
{
    // As the formats themselves define them.
    private static readonly Dictionary<DType, (int Bytes, string Safetensors)> Facts = new()
    {
        [DType.Float64] = (8, "F64"), [DType.Float32] = (4, "F32"), [DType.Float16] = (2, "F16"), [DType.BFloat16] = (2, "BF16"),
        [DType.Int64] = (8, "I64"), [DType.Int32] = (4, "I32"), [DType.Int16] = (2, "I16"), [DType.Int8] = (1, "I8"),
        [DType.UInt64] = (8, "U64"), [DType.UInt32] = (4, "U32"), [DType.UInt16] = (2, "U16"), [DType.UInt8] = (1, "U8"),
        [DType.Bool] = (1, "BOOL"), [DType.Float8E4M3] = (1, "F8_E4M3"), [DType.Float8E5M2] = (1, "F8_E5M2"),
        [DType.W8A8] = (1, "I8"),
    };

    [Fact]
    public void The_table_has_every_member_and_its_facts()
    {
        Assert.Equal(Enum.GetValues<DType>().Order(), Facts.Keys.Order());
        Assert.All(Facts, fact => Assert.Equal(fact.Value, (fact.Key.Bytes(), fact.Key.SafetensorsName())));
        Assert.Equal(
            [DType.Float32, DType.Float16, DType.BFloat16, DType.Float64, DType.Float8E4M3, DType.Float8E5M2],
                Facts.Keys.Where(DTypes.IsFloatingPoint).Order());
        Assert.Equal([DType.Float16, DType.BFloat16], Facts.Keys.Where(DTypes.Is16Bits).Order());
    }

    [Fact]
    public void Weight_formats_are_what_a_precision_asks_for_and_keep_their_numbers()
    {
        Assert.Equal(Enum.GetValues<Precision>().Select(precision => precision.ToDType()), DTypes.Weights);
        // Files of packed weights hold them.
        Assert.Equal([0, 1, 2, 3, 15],
            new[] { DType.Float32, DType.Float16, DType.BFloat16, DType.Int8, DType.W8A8 }.Select(format => (int)format));
    }

    [Theory, InlineData(DType.Float64), InlineData(DType.Int32), InlineData(DType.Int16), InlineData(DType.Bool), InlineData((DType)99)]
    public void Doors_of_kernels_name_the_format_that_they_refuse(DType format)
    {
        using var device = Device.Open("cpu");
        using var weights = PackedWeights.Allocate(device, 8, 8, DType.Float32);
        using var memory = device.Allocate<float>(768);
        using var data = new AttentionData(device, new AttentionCase("refused", 2, 3, 5, 2, 8));
        var view = memory.View;
        var gemm = new GemmArgs { X = view.SubView(0, 8), Weights = weights, Y = view.SubView(8, 8), Rows = 1 };

        Refused(() => PackedWeights.BytesOf(8, 8, format), "is not a weight format: give Float32, Float16, BFloat16, Int8.");
        Refused(() => Attention.Run(device, data.Args with { Precision = format }), "is not a weight format");
        Refused(() => Attention.Run(device, data.Args with { InputFormat = format }));
        Refused(() => Attention.Run(device, data.Args with { OutputFormat = format }));
        Refused(() => Gemm.Run(device, gemm with { XFormat = format }));
        Refused(() => Gemm.Run(device, gemm with { YFormat = format }));
        Refused(() => LayerNorm.Run(device, view, default, view, view, view, 1, 8, 0, format));
        Refused(() => Patchify.Run(device, view, view, 1, 3, 16, 16, 16, format));

        void Refused(Action call, string text = "") =>
            Assert.Matches($@"\b{format}\b.*{text}", Assert.ThrowsAny<ArgumentException>(call).Message);
    }

    [Fact]
    public void An_input_of_a_graph_says_what_it_may_be() => Assert.Contains(
        "The input 'ids' is of Int64: give Float32 or Int32.",
        Assert.Throws<ArgumentException>(() => new GraphBuilder("g").Input("ids", new(1), DType.Int64)).Message,
        StringComparison.Ordinal);
}
