using Blip.Runtime.Tracing;

namespace Blip.Tests.Tracing;

/// <summary>Files of recorded tensors that tests make up.</summary>
internal static class Recordings
{
    /// <summary>Writes a file and opens it.</summary>
    public static TraceFile Write(
        this TemporaryFolder folder, string name, TraceRecording tensors, params (string Key, string? Value)[] metadata)
    {
        var path = Path.Combine(folder.Path, name);
        using (var file = File.Create(path))
            tensors.Write(file, TraceMetadata.Of(metadata, Words));
        return new TraceFile(path);
    }

    /// <summary>A file with one tensor of numbers.</summary>
    public static TraceFile Write(this TemporaryFolder folder, string name, float[] values, params long[] shape)
    {
        var tensors = new TraceRecording();
        tensors.Add("vision.hidden.1", values, shape);
        return folder.Write(name, tensors);
    }

    /// <summary>The words of the tokens in these files.</summary>
    public static IReadOnlyDictionary<int, string> Words { get; } =
        new Dictionary<int, string> { [0] = "a", [1] = "dog", [2] = "cat", [3] = "[SEP]" };
}
