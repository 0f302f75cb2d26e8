using System.Text;

namespace Blip.Runtime.Retrieval;

/// <summary>Whose vectors an index holds: those of another model, or of the same at another precision, cannot be compared with them.</summary>
public sealed class IndexModel : IEquatable<IndexModel>
{
    /// <summary>Bytes of a fingerprint.</summary>
    public const int FingerprintLength = 32;

    /// <summary>Most bytes of a name.</summary>
    internal const int MaxNameBytes = 4096;

    private readonly byte[] fingerprint;

    /// <summary>A model.</summary>
    /// <param name="name">Its name for people, for messages: it need not be the same next time.</param>
    /// <param name="fingerprint">Equal for the same vectors, and different for others: <see cref="FingerprintLength"/> bytes.</param>
    /// <exception cref="ArgumentException">The fingerprint has another length.</exception>
    public IndexModel(string name, ReadOnlySpan<byte> fingerprint)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (fingerprint.Length != FingerprintLength)
            throw new ArgumentException($"fingerprint holds {fingerprint.Length} bytes; it must be {FingerprintLength}.", nameof(fingerprint));
        Name = Encoding.UTF8.GetByteCount(name) <= MaxNameBytes ? name : name[..(MaxNameBytes / 4)];
        this.fingerprint = fingerprint.ToArray();
    }

    /// <summary>Its name for people.</summary>
    public string Name { get; }

    /// <summary>Its distinguishing bytes.</summary>
    public ReadOnlySpan<byte> Fingerprint => fingerprint;

    /// <summary>Whether the vectors are of the same kind; names do not count.</summary>
    public bool Equals(IndexModel? other) => other is not null && Fingerprint.SequenceEqual(other.Fingerprint);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as IndexModel);

    /// <inheritdoc/>
    public override int GetHashCode() => BitConverter.ToInt32(fingerprint);
}
