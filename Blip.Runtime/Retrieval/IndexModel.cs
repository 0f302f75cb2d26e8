using System.Text;

namespace Blip.Runtime.Retrieval;

/// <summary>The model and precision of an index's vectors. Others' vectors cannot be compared with them.</summary>
public sealed class IndexModel : IEquatable<IndexModel>
{
    /// <summary>Bytes of a fingerprint.</summary>
    public const int FingerprintLength = 32;

    internal const int MaxNameBytes = 4096;

    private readonly byte[] fingerprint;

    /// <summary>A model.</summary>
    /// <param name="name">A name for messages, which may differ next time.</param>
    /// <param name="fingerprint"><see cref="FingerprintLength"/> bytes, equal for comparable vectors alone.</param>
    /// <exception cref="ArgumentException">The fingerprint has another length.</exception>
    public IndexModel(string name, ReadOnlySpan<byte> fingerprint)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (fingerprint.Length != FingerprintLength)
            throw new ArgumentException(
                $"fingerprint holds {fingerprint.Length} bytes; it must be {FingerprintLength}.", nameof(fingerprint));
        Name = Encoding.UTF8.GetByteCount(name) <= MaxNameBytes ? name : name[..(MaxNameBytes / 4)];
        this.fingerprint = fingerprint.ToArray();
    }

    /// <summary>Its name for messages.</summary>
    public string Name { get; }

    /// <summary>
    /// Frames of each clip; 0 for an index of images. Null where it is not recorded, as in indexes of older versions. A stated number that
    /// is not the recorded one is refused on opening.
    /// </summary>
    public int? Frames { get; init; }

    /// <summary>The bytes that distinguish it.</summary>
    public ReadOnlySpan<byte> Fingerprint => fingerprint;

    /// <summary>What an index with so many frames holds, for people.</summary>
    internal static string Kind(int frames) => frames switch
    {
        0 => "images",
        1 => "clips of 1 frame",
        _ => $"clips of {frames} frames",
    };

    /// <summary>Whether the vectors are of the same model and precision; names and frames do not count.</summary>
    public bool Equals(IndexModel? other) => other is not null && Fingerprint.SequenceEqual(other.Fingerprint);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as IndexModel);

    /// <inheritdoc/>
    public override int GetHashCode() => BitConverter.ToInt32(fingerprint);
}
