using Blip.Cli;

namespace Blip.Tests.Cli;

public sealed class MessageStreamTests
{
    /// <summary>An exception here would end the process.</summary>
    [Fact]
    public void A_message_that_cannot_be_written_is_dropped()
    {
        using var writer = new StreamWriter(new MessageStream(new FullDisk())) { AutoFlush = true };
        writer.WriteLine("a message");
    }

    private sealed class FullDisk : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count) => throw new IOException("No space left on device");

        public override void Flush() => throw new IOException("No space left on device");
    }
}
