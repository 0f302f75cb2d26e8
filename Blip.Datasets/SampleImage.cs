namespace Blip.Datasets;

/// <summary>An encoded image (JPEG, PNG, …) of a sample. Its bytes are read when they are asked for.</summary>
public sealed class SampleImage
{
    private readonly Func<byte[]> read;

    private SampleImage(string name, string? path, Func<byte[]> read) => (Name, Path, this.read) = (name, path, read);

    /// <summary>The image's file name, with its extension; for messages and for the file that it is written to.</summary>
    public string Name { get; }

    /// <summary>The path of an image that is a separate file; null for an image inside another file.</summary>
    public string? Path { get; }

    /// <summary>The extension with its dot, in lower case: <c>.jpg</c>.</summary>
    public string Extension => System.IO.Path.GetExtension(Name).ToLowerInvariant();

    /// <summary>An image that is a separate file.</summary>
    /// <param name="path">The file.</param>
    public static SampleImage FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new SampleImage(System.IO.Path.GetFileName(path), path, () => ReadFile(path));
    }

    /// <summary>An image inside another file.</summary>
    /// <param name="name">Its file name, with an extension.</param>
    /// <param name="bytes">The encoded image.</param>
    public static SampleImage FromBytes(string name, byte[] bytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(bytes);
        return new SampleImage(name, null, () => bytes);
    }

    /// <summary>The same image with the bytes that were read of it: it is not read again.</summary>
    /// <param name="bytes">The encoded image.</param>
    public SampleImage With(byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        return new SampleImage(Name, Path, () => bytes);
    }

    /// <summary>The encoded image.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public byte[] Read() => read();

    // A path comes from a data set: it may name a device that never ends, or a pipe that nothing writes to. Both have no length.
    private static byte[] ReadFile(string path)
    {
        var file = new FileInfo(path);
        if (file.LinkTarget is not null)
            file = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
        return file.Length == 0 ? [] : File.ReadAllBytes(path);
    }
}
