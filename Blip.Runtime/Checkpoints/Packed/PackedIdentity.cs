using System.Security.Cryptography;
using System.Text;

namespace Blip.Runtime.Checkpoints;

/// <summary>
/// Which files weights were packed from: their names, lengths, times of the last change, and a sample of their contents. Reading all of a
/// checkpoint would take as long as packing it.
/// </summary>
internal static class PackedIdentity
{
    /// <summary>Length of an identity.</summary>
    public const int Length = SHA256.HashSizeInBytes;

    private const int Samples = 64;
    private const int SampleBytes = 4096;

    /// <summary>The identity of some files.</summary>
    /// <exception cref="CheckpointException">One of them cannot be read.</exception>
    public static byte[] Of(IEnumerable<string> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in files)
        {
            try
            {
                Add(hash, path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CheckpointException($"{path}: the file cannot be read: {e.Message.TrimEnd('.')}.", e);
            }
        }
        return hash.GetHashAndReset();
    }

    // A link's length and time are not its file's: an open file has the right ones.
    private static void Add(IncrementalHash hash, string path)
    {
        using var file = File.OpenHandle(path);
        var length = RandomAccess.GetLength(file);
        hash.AppendData(Encoding.UTF8.GetBytes(Path.GetFileName(path)));
        hash.AppendData(BitConverter.GetBytes(length));
        hash.AppendData(BitConverter.GetBytes(File.GetLastWriteTimeUtc(file).Ticks));
        var buffer = new byte[SampleBytes];
        for (var i = 0; i < Samples; i++)
        {
            // The first sample holds the header of safetensors, the last one the directory of a zip archive.
            var at = Math.Max(0, length - SampleBytes) * i / (Samples - 1);
            hash.AppendData(buffer.AsSpan(0, RandomAccess.Read(file, buffer, at)));
        }
    }
}
