using System.Collections.Concurrent;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// The images that single calls used last, on the device, up to a number of bytes. A repeated call about the same file or bytes pays for the
/// words alone. Belongs to the caller whose turn it is.
/// </summary>
/// <param name="host">Whose handles they are.</param>
/// <param name="limit">Most bytes on the device; 0 keeps nothing.</param>
internal sealed class ImageCache(PipelineHost host, long limit)
{
    // The one used last stands last.
    private readonly OrderedDictionary<string, ImageFeatures> kept = [];

    // The same names for callers outside their turn.
    private readonly ConcurrentDictionary<string, bool> names = new(StringComparer.Ordinal);

    /// <summary>Whether anything is kept at all.</summary>
    public bool Keeps => limit > 0;

    /// <summary>Whether an image's features are kept, as far as can be told out of turn.</summary>
    public bool MayHold(string key) => names.ContainsKey(key);

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
        names[key] = true;
    }

    /// <summary>Frees the least recently used ones until the rest fits. The one just used may have grown.</summary>
    public void Trim()
    {
        while (kept.Count > 0 && Bytes > limit)
        {
            names.TryRemove(kept.GetAt(0).Key, out _);
            host.FreeInTurn(kept.GetAt(0).Value);
            kept.RemoveAt(0);
        }
    }
}
