using System.IO.MemoryMappedFiles;
using Blip.Runtime.Files;

namespace Blip.Runtime.Checkpoints;

/// <summary>A file mapped into memory for reading.</summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly FileStream stream;
    private readonly MemoryMappedFile file;
    private readonly MemoryMappedViewAccessor view;
    private readonly byte* start;
    private bool disposed;

    /// <exception cref="CheckpointException">The file is absent, empty or cannot be read.</exception>
    public MappedFile(string path)
    {
        Path = path;
        try
        {
            // A link's own length is not its file's.
            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
            Length = stream.Length;
            if (Length == 0)
            {
                stream.Dispose();
                throw Error("the file is empty; download or copy it again");
            }
            file = MemoryMappedFile.CreateFromFile(
                stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw Error($"the file cannot be read: {FailureReason.Of(e, path)}", e);
        }
        view = file.CreateViewAccessor(0, Length, MemoryMappedFileAccess.Read);
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        this.start = start + view.PointerOffset;
    }

    public string Path { get; }

    public long Length { get; }

    /// <summary>The read-only mapping's start.</summary>
    public nint Address => (nint)start;

    /// <summary>A part of the file, checked against <see cref="Length"/>: reading beyond the map kills the process.</summary>
    public ReadOnlySpan<byte> Span(long offset, int length)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (offset < 0 || length < 0 || offset > Length - length)
            throw Error($"{length} bytes at {offset} lie beyond its end");
        return new ReadOnlySpan<byte>(start + offset, length);
    }

    /// <summary>
    /// Copies a part of the file. Data read once are copied, because mapped pages cost faults and count as the process's memory.
    /// </summary>
    /// <exception cref="CheckpointException">The part is outside the file or unreadable.</exception>
    public void Read(long offset, Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (offset < 0 || offset > Length - destination.Length)
            throw Error($"{destination.Length} bytes at {offset} lie beyond its end");
        try
        {
            while (!destination.IsEmpty)
            {
                var read = RandomAccess.Read(stream.SafeFileHandle, destination, offset);
                if (read == 0)
                    throw Error("another program cut the file short while it was read");
                destination = destination[read..];
                offset += read;
            }
        }
        catch (IOException e)
        {
            throw Error($"the file cannot be read: {FailureReason.Of(e)}", e);
        }
    }

    /// <summary>The first bytes, or all of a shorter file.</summary>
    public ReadOnlySpan<byte> Head(int length) => Span(0, (int)Math.Min(length, Length));

    public CheckpointException Error(string what, Exception? inner = null) => new($"{Path}: {what}.", inner);

    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        view.SafeMemoryMappedViewHandle.ReleasePointer();
        view.Dispose();
        file.Dispose();
    }
}
