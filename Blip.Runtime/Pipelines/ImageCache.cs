using System.Collections.Concurrent;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// Images that single calls used last, kept on the device up to a limit in bytes; 0 keeps none. A repeated call costs only its text.
/// Belongs to the caller whose turn it is.
/// </summary>
internal sealed class ImageCache(PipelineHost host, long limit)
{
    // The last one was used last.
    private readonly OrderedDictionary<string, ImageFeatures> kept = [];

    // The same names, for callers outside their turn.
    private readonly ConcurrentDictionary<string, bool> names = new(StringComparer.Ordinal);

    public bool Keeps => limit > 0;

    /// <summary>Whether features may be kept; for callers outside their turn.</summary>
    public bool MayHold(string key) => names.ContainsKey(key);

    public int Count => kept.Count;

    public long Bytes => kept.Values.Sum(features => features.Bytes);

    public ImageFeatures? Find(string key)
    {
        if (!kept.Remove(key, out var features))
            return null;
        kept.Add(key, features);
        return features;
    }

    /// <summary>Keeps an image's features, and frees them later.</summary>
    public void Add(string key, ImageFeatures features)
    {
        if (kept.Remove(key, out var older))
            host.FreeInTurn(older);
        kept.Add(key, features);
        names[key] = true;
    }

    /// <summary>Frees the least recently used images until the rest fits. The image used last may have grown.</summary>
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
