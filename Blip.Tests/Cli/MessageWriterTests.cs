using Blip.Cli;

namespace Blip.Tests.Cli;

public sealed class MessageWriterTests
{
    /// <summary>An exception here would end the process.</summary>
    [Fact]
    public void A_message_that_cannot_be_written_is_dropped()
    {
        using var writer = new MessageWriter(new StreamWriter(new FullDisk()) { AutoFlush = true });
        writer.WriteLine("a message");
        writer.Write('.');
        writer.Flush();
    }

    [Fact]
    public void Other_messages_arrive_as_they_are()
    {
        var text = new StringWriter();
        using var writer = new MessageWriter(text) { NewLine = "\n" };
        writer.Write('a');
        writer.Write($" {1}");
        writer.Write(" and {0}", 2);
        Assert.Equal("a 1 and 2", text.ToString());
    }

    private sealed class FullDisk : MemoryStream
    {
        private bool isFull;

        public override void Write(byte[] buffer, int offset, int count)
        {
            isFull = true;
            throw new IOException("No space left on device");
        }

        public override void Flush()
        {
            if (isFull)
                throw new IOException("No space left on device");
        }
    }
}
