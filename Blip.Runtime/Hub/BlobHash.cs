using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Blip.Runtime.Hub;

/// <summary>
/// The hash in a blob's name: SHA-256 for Git LFS, Git's SHA-1 over length and content for a plain file. Other names tell nothing about
/// the content.
/// </summary>
internal sealed class BlobHash : IDisposable
{
    private const int Sha256Digits = 64, Sha1Digits = 40;
    private readonly IncrementalHash? hash;

    public BlobHash(string tag, long size)
    {
        if (!tag.All(char.IsAsciiHexDigitLower) || tag.Length is not (Sha256Digits or Sha1Digits))
            return;
        hash = IncrementalHash.CreateHash(tag.Length == Sha256Digits ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
        if (tag.Length == Sha1Digits)
            hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {size}\0")));
    }

    public void Append(ReadOnlySpan<byte> bytes) => hash?.AppendData(bytes);

    /// <summary>Whether the content matches the name; true if the name is no hash.</summary>
    public bool Fits(string tag) => hash is null || Convert.ToHexStringLower(hash.GetCurrentHash()) == tag;

    /// <inheritdoc/>
    public void Dispose() => hash?.Dispose();
}
