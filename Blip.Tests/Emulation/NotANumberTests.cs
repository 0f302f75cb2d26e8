using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;

namespace Blip.Tests.Emulation;

/// <summary>
/// NaN stays NaN on CUDA, as on the processor: an activation, a softmax or a norm that made a number of it would hide a broken
/// model behind fluent words.
/// </summary>
public class NotANumberTests
{
    private static readonly float[] Values = [float.NaN, 1, -2, 0, 0.3f, -0.5f, 100, -100, float.PositiveInfinity, float.NegativeInfinity];

    public static TheoryData<Activation> Functions => [.. Enum.GetValues<Activation>().Where(kind => kind != Activation.None)];

    [Theory, MemberData(nameof(Functions))]
    public void Activations_and_their_derivatives_keep_it(Activation kind)
    {
        Assert.Equal(On("cpu"), On("cuda"));

        // Numbers agree to a few units of the last place, which other tests hold: here only NaN counts.
        string On(string id)
        {
            using var device = Open(id);
            using var x = device.Upload<float>(Values);
            using var ones = device.Upload<float>([.. Values.Select(_ => 1f)]);
            using var y = device.Allocate<float>(Values.Length);
            using var dx = device.Allocate<float>(Values.Length);
            Activations.Run(device, x.View, y.View, Values.Length, kind);
            ActivationsBackward.Run(device, x.View, ones.View, dx.View, Values.Length, kind);
            if (kind != Activation.Relu)
                Assert.True(float.IsNaN(y.ToArray()[0]) && float.IsNaN(dx.ToArray()[0]));
            return $"{kind}: {Kinds(y.ToArray())} {Kinds(dx.ToArray())}";
        }
    }

    // Of two rows, one has a query that is none, or a key, or a value: its outputs are none, the other's are as they were.
    [Theory, InlineData(1, 7), InlineData(1, 12), InlineData(5, 12), InlineData(5, 96)]
    public void Attention_keeps_it(int queries, int headDim)
    {
        foreach (var (query, key, value) in new[] { (true, false, false), (false, true, false), (false, false, true) })
        {
            var test = new AttentionCase($"not a number {queries} {headDim}", 2, queries, 9, 1, headDim);
            Assert.Equal(On("cpu"), On("cuda"));

            string On(string id)
            {
                using var device = Open(id);
                using var data = new AttentionData(device, test);
                using var q = device.Upload<float>(Broken(data.Query, query));
                using var k = device.Upload<float>(Broken(data.Key, key));
                using var v = device.Upload<float>(Broken(data.Value, value));
                Attention.Run(device, data.Args with { Query = q.View, Key = k.View, Value = v.View });
                return Kinds(data.Output.ToArray());
            }
        }

        static float[] Broken(float[] values, bool isBroken) => [.. values.Select((value, i) => isBroken && i == 3 ? float.NaN : value)];
    }

    [Fact]
    public void Layer_norm_keeps_it()
    {
        Assert.Equal(On("cpu"), On("cuda"));

        static string On(string id)
        {
            using var device = Open(id);
            using var x = device.Upload<float>([1, 2, float.NaN, 4, 5, 6, 7, 8]);
            using var ones = device.Upload<float>([1, 1, 1, 1]);
            using var y = device.Allocate<float>(8);
            LayerNorm.Run(device, x.View, default, ones.View, ones.View, y.View, 2, 4, 1e-5f);
            Assert.True(y.ToArray()[..4].All(float.IsNaN));
            return Kinds(y.ToArray());
        }
    }

    private static Device Open(string id) => id == "cuda" ? EmulatedDevices.Open() : Device.Open(id);

    private static string Kinds(float[] values) =>
        string.Concat(values.Select(value =>
            float.IsNaN(value) ? 'n' : float.IsPositiveInfinity(value) ? '+' : float.IsNegativeInfinity(value) ? '-' : '.'));
}
