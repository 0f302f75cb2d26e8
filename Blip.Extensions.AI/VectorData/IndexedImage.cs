using Microsoft.Extensions.VectorData;

namespace Blip.Extensions.AI.VectorData;

/// <summary>An image of an index.</summary>
public sealed class IndexedImage
{
    /// <summary>Its name in the index. For a file: its path, relative to the index's folder if it lies below.</summary>
    [VectorStoreKey]
    public required string Id { get; set; }

    /// <summary>Its vector <c>[dimension]</c>, of length 1; empty where not requested.</summary>
    public ReadOnlyMemory<float> Vector { get; set; }

    /// <summary>Size of its file in bytes when the vector was made; 0 without a file.</summary>
    [VectorStoreData]
    public long Length { get; set; }

    /// <summary>When its file was last changed; null without a file.</summary>
    [VectorStoreData]
    public DateTimeOffset? Modified { get; set; }
}
