using Microsoft.Extensions.VectorData;

namespace Blip.Extensions.AI.VectorData;

/// <summary>An image of an index.</summary>
public sealed class IndexedImage
{
    /// <summary>Its name in the index: for a file its path, from the index's folder where it lies below it.</summary>
    [VectorStoreKey]
    public required string Id { get; set; }

    /// <summary>Its vector <c>[dimension]</c>, of length 1; empty where it was not asked for.</summary>
    public ReadOnlyMemory<float> Vector { get; set; }

    /// <summary>Length of its file in bytes when the vector was made; 0 where there is no file.</summary>
    [VectorStoreData]
    public long Length { get; set; }

    /// <summary>When its file was last changed; null where there is no file.</summary>
    [VectorStoreData]
    public DateTimeOffset? Modified { get; set; }
}
