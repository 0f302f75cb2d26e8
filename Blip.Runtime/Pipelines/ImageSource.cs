namespace Blip.Runtime.Pipelines;

/// <summary>A picture to be captioned: where its bytes come from, what it is called in results, and its own prompt. Nothing is read before its turn.</summary>
public sealed class ImageSource
{
    private readonly Func<Stream> open;

    private ImageSource(string name, Func<Stream> open)
    {
        Name = name;
        this.open = open;
    }

    /// <summary>What the picture is called in results and messages: its path, for a file.</summary>
    public string Name { get; }

    /// <summary>Words that this picture's caption begins with, in place of the run's own prompt; null leaves that one.</summary>
    public string? Prompt { get; init; }

    /// <summary>A file in any format that the decoder reads.</summary>
    public static ImageSource FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new ImageSource(path, () => File.OpenRead(path));
    }

    /// <summary>An encoded picture (JPEG, PNG, …) in memory.</summary>
    public static ImageSource FromBytes(byte[] encoded, string name)
    {
        ArgumentNullException.ThrowIfNull(encoded);
        return new ImageSource(name, () => new MemoryStream(encoded, writable: false));
    }

    /// <summary>An encoded picture from a stream that is opened when its turn comes, read to its end, and disposed.</summary>
    public static ImageSource FromStream(Func<Stream> open, string name)
    {
        ArgumentNullException.ThrowIfNull(open);
        return new ImageSource(name, open);
    }

    /// <summary>A path is a picture.</summary>
    public static implicit operator ImageSource(string path) => FromFile(path);

    /// <inheritdoc/>
    public override string ToString() => Name;

    internal Stream Open() => open();
}
