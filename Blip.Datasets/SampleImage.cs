namespace Blip.Datasets;

/// <summary>An encoded image (JPEG, PNG, …), read on demand.</summary>
public sealed class SampleImage
{
    private readonly Func<byte[]> read;

    private SampleImage(string name, string? path, Func<byte[]> read) => (Name, Path, this.read) = (name, path, read);

    /// <summary>The file name with its extension, for messages and output.</summary>
    public string Name { get; }

    /// <summary>The path of a separate file; null inside another file.</summary>
    public string? Path { get; }

    /// <summary>The extension with its dot, in lower case: <c>.jpg</c>.</summary>
    public string Extension => System.IO.Path.GetExtension(Name).ToLowerInvariant();

    /// <summary>An image in a separate file.</summary>
    /// <param name="path">The file.</param>
    public static SampleImage FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new SampleImage(System.IO.Path.GetFileName(path), path, () => ReadFile(path));
    }

    /// <summary>An image inside another file.</summary>
    /// <param name="name">Its file name with an extension.</param>
    /// <param name="bytes">The encoded image.</param>
    public static SampleImage FromBytes(string name, byte[] bytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(bytes);
        return new SampleImage(name, null, () => bytes);
    }

    /// <summary>The same image with bytes that are already read.</summary>
    /// <param name="bytes">The encoded image.</param>
    public SampleImage With(byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        return new SampleImage(Name, Path, () => bytes);
    }

    /// <summary>The encoded image.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    public byte[] Read() => read();

    // A data set's path may name an endless device or an unused pipe. Both have no length.
    private static byte[] ReadFile(string path)
    {
        var file = new FileInfo(path);
        if (file.LinkTarget is not null)
            file = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
        return file.Length == 0 ? [] : File.ReadAllBytes(path);
    }
}
