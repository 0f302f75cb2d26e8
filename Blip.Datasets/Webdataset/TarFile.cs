using System.Formats.Tar;
using System.IO.Compression;
using Blip.Runtime.Files;

namespace Blip.Datasets.Webdataset;

/// <summary>A tar that may be truncated or damaged: its complete part is read, then <see cref="Fault"/> gives the reason.</summary>
internal sealed class TarFile : IDisposable
{
    private readonly string path;
    private readonly BlockStream stream;
    private readonly TarReader reader;
    private bool any;

    /// <summary>Opens a tar, perhaps compressed by gzip.</summary>
    public TarFile(string path)
    {
        this.path = path;
        stream = new BlockStream(Open(path, out var compressed));
        Compressed = compressed;
        reader = new TarReader(stream, leaveOpen: true);
    }

    /// <summary>Whether gzip compresses it; file offsets are then not tar offsets.</summary>
    public bool Compressed { get; }

    /// <summary>Why the tar ended too early, as the end of a sentence after its name; null for no fault.</summary>
    public string? Fault { get; private set; }

    /// <summary>The next file; null at any end.</summary>
    public TarEntry? Next()
    {
        while (Fault is null)
        {
            TarEntry? entry = null;
            var reads = stream.Reads;
            stream.InHeaders = true;
            var isRead = Guarded(() => entry = reader.GetNextEntry());
            stream.InHeaders = false;
            if (!isRead)
                return null;
            // At a known end the reader requests no further block.
            var cut = stream.Ended || stream.Reads == reads;
            if (entry is null ? cut || !stream.AtEndMark : !stream.AtSoundHeader)
                Fail(cut, null);
            if (entry is null || Fault is not null)
                return null;
            any = true;
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile)
                return entry;
        }
        return null;
    }

    /// <summary>The bytes of a file; null where the tar ends first, with a <see cref="Fault"/>.</summary>
    public byte[]? Read(TarEntry entry)
    {
        if (entry.DataStream is not { } data)
            return [];
        // The header may promise more than there is, so memory grows with the data.
        using var bytes = new MemoryStream((int)Math.Min(entry.Length, 1 << 20));
        if (!Guarded(() => data.CopyTo(bytes)))
            return null;
        if (bytes.Length < entry.Length)
        {
            Fault = "cut off";
            return null;
        }
        return bytes.ToArray();
    }

    public void Dispose()
    {
        reader.Dispose();
        stream.Dispose();
    }

    /// <summary>Whether a stream that begins with these bytes is no tar. Fewer bytes than a header do not tell.</summary>
    public static bool IsNoTar(ReadOnlySpan<byte> head) =>
        head.Length >= BlockStream.Block && !IsCompressed(head) && !BlockStream.IsSoundHeader(head)
        && head[..BlockStream.Block].ContainsAnyExcept((byte)0);

    private static bool IsCompressed(ReadOnlySpan<byte> head) => head is [0x1F, 0x8B, ..];

    private static Stream Open(string path, out bool compressed)
    {
        compressed = false;
        try
        {
            var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16);
            Span<byte> magic = stackalloc byte[2];
            var count = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false);
            file.Position = 0;
            compressed = IsCompressed(magic[..count]);
            return compressed ? new GZipStream(file, CompressionMode.Decompress) : file;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException($"{path}: this tar cannot be opened: {FailureReason.Of(exception, path)}.", exception);
        }
    }

    private bool Guarded(Action step)
    {
        try
        {
            step();
            return true;
        }
        catch (EndOfStreamException)
        {
            Fault = "cut off";
        }
        catch (Exception exception) when (exception is InvalidDataException or FormatException or ArgumentException or OverflowException
            or NotSupportedException or InvalidOperationException)
        {
            Fail(stream.Ended, exception);
        }
        return false;
    }

    private void Fail(bool cut, Exception? exception)
    {
        Fault = cut ? "cut off" : "damaged";
        if (!any && !cut)
            throw new DatasetException($"{path}: this is no tar.", exception);
    }
}
