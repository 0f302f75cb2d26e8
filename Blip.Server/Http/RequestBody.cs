using System.Buffers;
using System.IO.Pipelines;

namespace Blip.Server.Http;

/// <summary>
/// A request's body that is read until <paramref name="stop"/>. A token passed to Kestrel's reading leaves it in a state that Kestrel logs
/// as an error, with a stack trace.
/// </summary>
internal sealed class RequestBody(PipeReader reader, CancellationToken stop) : Stream
{
    private readonly CancellationTokenRegistration stopping = stop.Register(reader.CancelPendingRead);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            var read = await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            var part = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, buffer.Length));
            part.CopyTo(buffer.Span);
            var count = (int)part.Length;
            // Ends the reading; Kestrel may reuse the memory.
            reader.AdvanceTo(part.End);
            // A reading without bytes is the end only where Kestrel says so.
            if (count > 0 || read.IsCompleted || buffer.IsEmpty)
                return count;
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        stopping.Dispose();
        base.Dispose(disposing);
    }
}
