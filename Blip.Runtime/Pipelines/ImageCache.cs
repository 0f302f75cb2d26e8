namespace Blip.Runtime.Pipelines;

/// <summary>
/// The images that single calls used last, on the device, up to a number of bytes: who asks again about the same file or bytes pays for the
/// words alone. Belongs to whoever has the turn.
/// </summary>
/// <param name="host">Whose handles they are.</param>
/// <param name="limit">Most bytes on the device; 0 keeps nothing.</param>
internal sealed class ImageCache(PipelineHost host, long limit)
{
    // The one used last stands last.
    private readonly OrderedDictionary<string, ImageFeatures> kept = [];

    /// <summary>Whether anything is kept at all.</summary>
    public bool Keeps => limit > 0;

    /// <summary>Images in it.</summary>
    public int Count => kept.Count;

    /// <summary>Bytes on the device.</summary>
    public long Bytes => kept.Values.Sum(features => features.Bytes);

    /// <summary>The features of an image, where they are kept.</summary>
    public ImageFeatures? Find(string key)
    {
        if (!kept.Remove(key, out var features))
            return null;
        kept.Add(key, features);
        return features;
    }

    /// <summary>Keeps an image's features; it frees them when their time is over.</summary>
    public void Add(string key, ImageFeatures features)
    {
        if (kept.Remove(key, out var older))
            host.FreeInTurn(older);
        kept.Add(key, features);
    }

    /// <summary>Frees those that were not used for longest until the rest fits. What was used just now may have grown.</summary>
    public void Trim()
    {
        while (kept.Count > 0 && Bytes > limit)
        {
            host.FreeInTurn(kept.GetAt(0).Value);
            kept.RemoveAt(0);
        }
    }
}
