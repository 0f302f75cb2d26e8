using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;
using System.Text;
using Blip.Kernels;
using Blip.Runtime.Checkpoints;

namespace Blip.Training.Saving;

/// <summary>
/// Random initial weights, each a function of seed, name and index alone. Matrices are normal with deviation 0.7 / sqrt(inputs), near
/// BERT's 0.02 at the released width. Position and class embeddings have deviation 0.1; gains are 1, biases 0.
/// </summary>
internal sealed class RandomTensorSource(BlipConfig config, BlipHead head, long seed) : ITensorSource
{
    private const double MatrixGain = 0.7, PositionDeviation = 0.1;
    private const int WordsOfADraw = 4;

    private readonly Dictionary<string, TensorInfo> tensors = ModelManifest.For(config, head).Parameters.ToDictionary();

    /// <inheritdoc/>
    public string Description => "random weights";

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Keys => tensors.Keys;

    /// <inheritdoc/>
    public bool TryGet(string key, [NotNullWhen(true)] out TensorInfo? info) => tensors.TryGetValue(key, out info);

    /// <inheritdoc/>
    public void Read(string key, long firstElement, Span<float> destination)
    {
        var info = this.Get(key);
        TensorSources.CheckRange(info, firstElement, destination.Length);
        if (Deviation(info) is not { } deviation)
        {
            destination.Fill(key.EndsWith(".weight", StringComparison.Ordinal) ? 1 : 0);
            return;
        }
        var name = XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(key));
        for (var i = 0; i < destination.Length; i++)
            destination[i] = (float)(deviation * Normal(name, firstElement + i));
    }

    /// <summary>Does nothing.</summary>
    public void Dispose()
    {
    }

    // Null for gains and biases.
    private static double? Deviation(TensorInfo info)
    {
        if (info.Key.Contains("position_embedding", StringComparison.Ordinal)
            || info.Key.EndsWith("class_embedding", StringComparison.Ordinal))
            return PositionDeviation;
        return info.Shape.Length < 2 ? null : MatrixGain / Math.Sqrt(info.ElementCount / info.Shape[0]);
    }

    // Two uniform words give two normal numbers (Box and Muller 1958).
    private double Normal(ulong name, long element)
    {
        var (pair, second) = Math.DivRem(element, 2);
        var counter = (ulong)pair / (WordsOfADraw / 2);
        var word = (int)((ulong)pair % (WordsOfADraw / 2)) * 2;
        var radius = Math.Sqrt(-2 * Math.Log(Uniform(word)));
        var (sine, cosine) = Math.SinCos(2 * Math.PI * Uniform(word + 1));
        return radius * (second == 0 ? cosine : sine);

        double Uniform(int at) =>
            (Philox.Draw((ulong)seed, (uint)counter, (uint)(counter >> 32), (uint)name, (uint)(name >> 32), at) + 0.5) * (1.0 / (1L << 32));
    }
}
