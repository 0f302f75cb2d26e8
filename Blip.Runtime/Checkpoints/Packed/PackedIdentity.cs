using System.Security.Cryptography;
using System.Text;
using Blip.Runtime.Files;

namespace Blip.Runtime.Checkpoints;

/// <summary>
/// The files that weights were packed from: names, lengths, times of the last change, and samples of their contents. Reading a whole
/// checkpoint would take as long as packing it.
/// </summary>
internal static class PackedIdentity
{
    /// <summary>In bytes.</summary>
    public const int Length = SHA256.HashSizeInBytes;

    private const int Samples = 64;
    private const int SampleBytes = 4096;

    /// <exception cref="CheckpointException">A file cannot be read.</exception>
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
                throw new CheckpointException($"{path}: the file cannot be read: {FailureReason.Of(e, path)}.", e);
            }
        }
        return hash.GetHashAndReset();
    }

    // A link's length and time are not its file's; an open file has the right ones.
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
            // The first sample holds safetensors' header, the last one a zip archive's directory.
            var at = Math.Max(0, length - SampleBytes) * i / (Samples - 1);
            hash.AppendData(buffer.AsSpan(0, RandomAccess.Read(file, buffer, at)));
        }
    }
}
