using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Models;
using Blip.Runtime.Retrieval;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// Tells which vectors are comparable: those of the same weights, precision and image preparation. A model's copy elsewhere, or in another
/// file format, is the same model.
/// </summary>
internal static class EmbeddingIdentity
{
    // Elements to hash at each tensor's beginning and end. Reading all would take as long as loading.
    private const int Sample = 16;

    /// <summary>The identity of a model's vectors. <paramref name="frames"/> are those of a clip; null for unstated.</summary>
    /// <exception cref="CheckpointException">The weights cannot be read.</exception>
    public static IndexModel Of(ModelSource source, PipelineOptions options, int? frames = null)
    {
        var (precision, encoder) = (options.Precision, options.EncoderPrecision ?? options.Precision.ForEncoder());
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var image = source.Preprocessor;
        Append(hash, string.Create(
            CultureInfo.InvariantCulture,
            $"1 {source.Config.Head} {precision} {encoder} {options.Compat} {image.DoResize} {image.Resample} {image.Width} {image.Height} "
                + $"{image.DoRescale} {image.RescaleFactor:R} {image.DoNormalize}"));
        foreach (var number in image.Mean.Concat(image.Std))
            hash.AppendData(BitConverter.GetBytes(number));
        AppendWeights(hash, source);
        var words = string.Join(", ", Distinct(precision, encoder)
            .Append(options.Compat == Compat.HuggingFace ? "" : $"{options.Compat}".ToLowerInvariant()).Where(word => word.Length > 0));
        var name = source.Adapter is { } adapter ? $"{source.Name} with the adapter {adapter.Folder}" : source.Name;
        return new IndexModel($"{name} in {words}", hash.GetHashAndReset()) { Frames = frames };
    }

    private static void AppendWeights(IncrementalHash hash, ModelSource source)
    {
        using var tensors = source.OpenTensors();
        var values = new float[Sample];
        foreach (var key in tensors.Keys.Order(StringComparer.Ordinal))
        {
            if (!tensors.TryGet(key, out var info) || !info.Type.IsFloatingPoint() || info.ElementCount == 0)
                continue;
            Append(hash, $"{key} {info.ShapeText}");
            var some = values.AsSpan(0, (int)Math.Min(Sample, info.ElementCount));
            foreach (var first in (ReadOnlySpan<long>)[0, info.ElementCount - some.Length])
            {
                tensors.Read(key, first, some);
                hash.AppendData(MemoryMarshal.AsBytes(some));
            }
        }
    }

    private static string[] Distinct(Precision precision, Precision encoder) => precision == encoder
        ? [$"{precision}".ToLowerInvariant()]
        : [$"{precision}".ToLowerInvariant(), $"encoder in {encoder}".ToLowerInvariant()];

    private static void Append(IncrementalHash hash, string text) => hash.AppendData(Encoding.UTF8.GetBytes(text + "\n"));
}
