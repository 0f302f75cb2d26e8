namespace Blip.Runtime.Checkpoints;

/// <summary>What every <see cref="ITensorSource"/> shares.</summary>
internal static class TensorSources
{
    /// <summary>The tensor's shape and type.</summary>
    /// <exception cref="KeyNotFoundException">There is no tensor of this name.</exception>
    public static TensorInfo Get(this ITensorSource source, string key) =>
        source.TryGet(key, out var info) ? info : throw new KeyNotFoundException($"{source.Description} holds no tensor '{key}'.");

    /// <summary>Reads a whole tensor.</summary>
    /// <exception cref="KeyNotFoundException">There is no tensor of this name.</exception>
    public static float[] ReadAll(this ITensorSource source, string key)
    {
        var values = new float[source.Get(key).ElementCount];
        source.Read(key, 0, values);
        return values;
    }

    internal static void CheckRange(TensorInfo info, long firstElement, int count)
    {
        if (firstElement < 0 || firstElement > info.ElementCount - count)
            throw new ArgumentOutOfRangeException(nameof(firstElement), $"{count} elements from {firstElement} do not lie within '{info.Key}' of shape {info.ShapeText}.");
    }
}
