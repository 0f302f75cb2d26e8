using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using Blip.Runtime.Checkpoints;

namespace Blip.Training.Saving;

/// <summary>
/// A hash that tells models apart. It covers names, shapes and the first values of every tensor, a small part of a large file.
/// </summary>
internal static class ModelFingerprint
{
    private const int Sampled = 1024;

    /// <summary>The hash of the given tensors.</summary>
    public static string Of(ITensorSource tensors, IEnumerable<string> keys)
    {
        var hash = new XxHash128();
        var values = new float[Sampled];
        foreach (var key in keys.Order(StringComparer.Ordinal))
        {
            if (!tensors.TryGet(key, out var info))
                continue;
            var some = values.AsSpan(0, (int)Math.Min(Sampled, info.ElementCount));
            tensors.Read(key, 0, some);
            hash.Append(Encoding.UTF8.GetBytes(key));
            hash.Append(MemoryMarshal.AsBytes<long>(info.Shape));
            hash.Append(MemoryMarshal.AsBytes(some));
        }
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }
}
