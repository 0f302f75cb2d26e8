using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using Blip.Runtime.Checkpoints;

namespace Blip.Training.Saving;

/// <summary>Tells models apart: names, shapes and the first numbers of every tensor as one hash. It reads a small part of a large file.</summary>
internal static class ModelFingerprint
{
    private const int Sampled = 1024;

    /// <summary>The hash of the tensors that a run begins with.</summary>
    /// <param name="tensors">The tensors.</param>
    /// <param name="keys">The keys that count.</param>
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
