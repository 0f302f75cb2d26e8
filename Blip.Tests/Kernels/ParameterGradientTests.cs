using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;

namespace Blip.Tests.Kernels;

/// <summary>
/// Bits and refusals of gradients that are added up over rows, and of a step's changes. <see cref="OperatorTests"/> and
/// <see cref="FiniteDifferenceTests"/> hold them to their formulas.
/// </summary>
public class ParameterGradientTests
{
    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_normalisations_gradients_have_the_same_bits_whole_in_parts_and_padded(string id)
    {
        const int Slices = 8, Rows = 45, Padded = 70, Width = 150;
        using var device = Variants.Open(id);
        var (x, dy) = (BackwardCases.Gradient(Slices * Rows * Width), BackwardCases.Gradient(Slices * Rows * Width, 6));
        var whole = Run(device, x, dy, Rows);

        var parts = new float[2 * Width];
        for (var part = 0; part < Slices; part += 2)
        {
            var range = (part * Rows * Width)..((part + 2) * Rows * Width);
            parts = Run(device, x[range], dy[range], Rows, parts);
        }
        Assert.Equal(whole, parts);

        // Rows at a slice's end that have no gradient.
        var (paddedX, paddedDy) = (BackwardCases.Gradient(Slices * Padded * Width), new float[Slices * Padded * Width]);
        for (var slice = 0; slice < Slices; slice++)
        {
            Array.Copy(x, slice * Rows * Width, paddedX, slice * Padded * Width, Rows * Width);
            Array.Copy(dy, slice * Rows * Width, paddedDy, slice * Padded * Width, Rows * Width);
        }
        Assert.Equal(whole, Run(device, paddedX, paddedDy, Padded));

        static float[] Run(Device device, float[] values, float[] gradient, int sliceRows, float[]? before = null)
        {
            using var x = device.Upload<float>(values);
            using var dy = device.Upload<float>(gradient);
            using var gamma = device.Upload<float>(before?[..Width] ?? new float[Width]);
            using var beta = device.Upload<float>(before?[Width..] ?? new float[Width]);
            var rows = values.Length / Width;
            // Each alone gives the same as both together.
            LayerNormParameterBackward.Run(device, x.View, dy.View, gamma.View, default, rows, sliceRows, Width, 1e-5f);
            LayerNormParameterBackward.Run(device, x.View, dy.View, default, beta.View, rows, sliceRows, Width, 1e-5f);
            return [.. gamma.ToArray(), .. beta.ToArray()];
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_vocabularys_gradient_has_the_same_bits_whole_and_in_parts(string id)
    {
        const int Rows = 8, Tokens = 7, Hidden = 33, Vocabulary = 11, Positions = 9;
        using var device = Variants.Open(id);
        var random = new Random(5);
        int[] ids = [.. Enumerable.Range(0, Rows * Tokens).Select(_ => random.Next(-1, Vocabulary + 1))];
        var dy = BackwardCases.Gradient(Rows * Tokens * Hidden);
        using var words = device.Allocate<float>(Hidden * Vocabulary);
        using var positions = device.Allocate<float>(Positions * Hidden);

        Run(0, Rows);
        var (wholeWords, wholePositions) = (words.ToArray(), positions.ToArray());
        Elementwise.Fill(device, words.View, words.Length);
        Elementwise.Fill(device, positions.View, positions.Length);
        for (var row = 0; row < Rows; row += 2)
            Run(row, 2);
        Assert.Equal(wholeWords, words.ToArray());
        Assert.Equal(wholePositions, positions.ToArray());

        void Run(int first, int rows)
        {
            using var id = device.Upload<int>(ids.AsSpan(first * Tokens, rows * Tokens));
            using var gradient = device.Upload<float>(dy.AsSpan(first * Tokens * Hidden, rows * Tokens * Hidden));
            TokenEmbeddingBackward.Run(device, new TokenEmbeddingBackwardArgs
            {
                Ids = id.View,
                OutputGradient = gradient.View,
                WordGradient = words.View,
                PositionGradient = positions.View,
                Rows = rows,
                Tokens = Tokens,
                Hidden = Hidden,
            });
            device.Synchronize();
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void The_tokens_of_images_give_the_same_bits_whole_and_in_parts(string id)
    {
        const int Batch = 6, Patches = 5, Hidden = 19, Image = (Patches + 1) * Hidden;
        using var device = Variants.Open(id);
        using var dy = device.Upload<float>(BackwardCases.Gradient(Batch * Image));
        using var classToken = device.Allocate<float>(Hidden);
        using var positions = device.Allocate<float>(Image);
        AssembleTokensBackward.Run(device, dy.View, default, classToken.View, positions.View, Batch, Patches, Hidden);
        float[] whole = [.. classToken.ToArray(), .. positions.ToArray()];
        Elementwise.Fill(device, classToken.View, Hidden);
        Elementwise.Fill(device, positions.View, Image);
        for (var image = 0; image < Batch; image += 3)
        {
            AssembleTokensBackward.Run(
                device, dy.View.SubView(image * Image, 3 * Image), default, classToken.View, positions.View, 3, Patches, Hidden);
        }
        float[] parts = [.. classToken.ToArray(), .. positions.ToArray()];
        Assert.Equal(whole, parts);
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Gradients_over_rows_have_the_same_bits_in_place_and_keep_what_is_no_number(string id)
    {
        const int Rows = 5, Width = 140;
        using var device = Variants.Open(id);
        var values = BackwardCases.Gradient(Rows * Width).Select(value => value - 4).ToArray();
        var gradient = BackwardCases.Gradient(Rows * Width, 6);
        gradient[(2 * Width) + 3] = float.NaN;
        using var x = device.Upload<float>(values);
        using var dy = device.Upload<float>(gradient);
        using var dx = device.Allocate<float>(gradient.Length);
        Action<ILGPU.ArrayView<float>, ILGPU.ArrayView<float>>[] operators =
        [
            (from, to) => L2NormalizeBackward.Run(device, x.View, from, to, Rows, Width),
            (from, to) => LogSoftmaxBackward.Run(device, x.View, from, to, Rows, Width),
        ];
        foreach (var run in operators)
        {
            dy.CopyFrom(gradient);
            run(dy.View, dx.View);
            var apart = dx.ToArray();
            run(dy.View, dy.View);
            Assert.Equal(apart, dy.ToArray());
            for (var i = 0; i < apart.Length; i++)
                Assert.True(float.IsNaN(apart[i]) == (i / Width == 2), $"element {i} on {id}");
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_second_contrast_has_the_bits_of_the_first_and_losses_alone_are_the_same(string id)
    {
        using var device = Variants.Open(id);
        var inputs = new ContrastCase(9, 64, 200, 0.07f) { Shared = true }.Make();
        using var features = device.Upload<float>(inputs.Features);
        using var momentum = device.Upload<float>(inputs.Momentum);
        using var others = device.Upload<float>(inputs.Others);
        using var keys = device.Upload<int>(inputs.Keys);
        using var temperature = device.Upload<float>([0.07f]);
        using var losses = device.Allocate<float>(9);
        using var gradient = device.Allocate<float>(9 * 64);
        var args = new SoftTargetContrastArgs
        {
            Features = features.View,
            MomentumFeatures = momentum.View,
            OtherBatch = others.View.SubView(0, 9 * 64),
            OtherQueue = others.View.SubView(9 * 64, 200 * 64),
            Keys = keys.View.SubView(0, 9),
            QueueKeys = keys.View.SubView(9, 200),
            QueueLength = 200,
            Temperature = temperature.View,
            Alpha = 0.4f,
            RowWeight = 1f / 18,
            Losses = losses.View,
            FeatureGradient = gradient.View,
            Rows = 9,
            Dim = 64,
        };
        SoftTargetContrast.Run(device, args);
        var (first, slopes) = (losses.ToArray(), gradient.ToArray());
        SoftTargetContrast.Run(device, args);
        Assert.Equal(slopes, gradient.ToArray());
        SoftTargetContrast.Run(device, args with { FeatureGradient = default });
        Assert.Equal(first, losses.ToArray());

        var broken = (float[])inputs.Features.Clone();
        broken[(3 * 64) + 5] = float.NaN;
        features.CopyFrom(broken);
        SoftTargetContrast.Run(device, args);
        Assert.Equal(first.Select((value, row) => row == 3 ? float.NaN : value), losses.ToArray());
        Assert.True(float.IsNaN(gradient.ToArray()[3 * 64]), $"on {id}");
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Dropout_is_in_place_and_its_own_way_back(string id)
    {
        using var device = Variants.Open(id);
        using var x = device.Upload<float>(BackwardCases.Gradient(5000));
        using var y = device.Allocate<float>(5000);
        var args = new DropoutArgs
        {
            X = x.View,
            Y = y.View,
            Length = 5000,
            ElementsPerDraw = 1,
            Probability = 0.25f,
            Seed = 3,
            Stream = 4,
        };
        Dropout.Run(device, args);
        var once = y.ToArray();
        Assert.InRange(once.Count(value => value == 0), 1100, 1400);
        Dropout.Run(device, args with { Y = x.View });
        Assert.Equal(once, x.ToArray());
        using var ones = device.Upload<float>([.. Enumerable.Repeat(1f, 5000)]);
        Dropout.Run(device, args with { X = ones.View });
        Assert.Equal(once.Select(value => value == 0), y.ToArray().Select(value => value == 0));
        Dropout.Run(device, args with { X = ones.View, Stream = 5 });
        Assert.NotEqual(once.Select(value => value == 0), y.ToArray().Select(value => value == 0));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using var device = Device.Open("cpu");
        using var floats = device.Allocate<float>(12);
        using var ints = device.Allocate<int>(4);
        var (x, i) = (floats.View, ints.View);
        Refused("no whole slices", () => LayerNormParameterBackward.Run(device, x, x, x, x, 4, 3, 3, 1));
        Refused("dgamma holds", () => LayerNormParameterBackward.Run(device, x, x, x.SubView(0, 2), x, 4, 2, 3, 1));
        Refused("eps is -1", () => LayerNormParameterBackward.Run(device, x, x, x, x, 4, 2, 3, -1));
        Refused("eps is 0", () => L2NormalizeBackward.Run(device, x, x, x, 4, 3, 0));
        Refused("dy holds", () => L2NormalizeBackward.Run(device, x, default, x, 4, 3));
        Refused("dx holds", () => LogSoftmaxBackward.Run(device, x, x, default, 4, 3));
        Refused("positionGradient holds", () => AssembleTokensBackward.Run(device, x, default, x, x.SubView(0, 5), 2, 1, 3));
        Refused("gradient holds", () => PositionInterpolationBackward.Run(device, x, x, 2, 2, 1, 1, 3));
        var tokens = new TokenEmbeddingBackwardArgs
        {
            Ids = i,
            OutputGradient = x,
            WordGradient = x,
            PositionGradient = x,
            Rows = 2,
            Tokens = 2,
            Hidden = 3,
        };
        Refused("Ids holds", () => TokenEmbeddingBackward.Run(device, tokens with { Rows = 3 }));
        Refused("Start holds", () => TokenEmbeddingBackward.Run(device, tokens with { Start = i.SubView(0, 1) }));
        Refused("WordGradient holds", () => TokenEmbeddingBackward.Run(device, tokens with { WordGradient = x.SubView(0, 5) }));
        Refused("PositionGradient holds", () => TokenEmbeddingBackward.Run(device, tokens with { PositionGradient = x.SubView(0, 2) }));
        var contrast = new SoftTargetContrastArgs
        {
            Features = x,
            MomentumFeatures = x,
            OtherBatch = x,
            Keys = i,
            Temperature = x,
            Losses = x,
            Rows = 2,
            Dim = 3,
        };
        Refused("OtherQueue holds", () => SoftTargetContrast.Run(device, contrast with { QueueLength = 1 }));
        Refused("QueueKeys holds", () => SoftTargetContrast.Run(device, contrast with { QueueLength = 1, OtherQueue = x }));
        Refused("Temperature holds", () => SoftTargetContrast.Run(device, contrast with { Temperature = default }));
        Refused("Alpha is 2", () => SoftTargetContrast.Run(device, contrast with { Alpha = 2 }));
        var dropout = new DropoutArgs { X = x, Y = x, Length = 12, ElementsPerDraw = 1 };
        Refused("Probability is 1", () => Dropout.Run(device, dropout with { Probability = 1 }));
        Refused("ElementsPerDraw is 0", () => Dropout.Run(device, dropout with { ElementsPerDraw = 0 }));
        Refused("Y holds", () => Dropout.Run(device, dropout with { Y = default }));
        Refused("momentum is NaN", () => MomentumUpdate.Run(device, x, x, double.NaN));
        Refused("slow holds", () => MomentumUpdate.Run(device, x, x.SubView(0, 3), 0.5));

        static void Refused(string message, Action run) =>
            Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(run).Message, StringComparison.Ordinal);
    }
}
