namespace Blip.Evaluation;

/// <summary>
/// Makes Python's JSON valid while streaming: <c>NaN</c>, <c>Infinity</c> and <c>-Infinity</c> become
/// <c>null</c>. Byte order marks between values, as in joined files, are removed.
/// </summary>
internal sealed class PythonJson(Stream source) : Stream
{
    private readonly byte[] input = new byte[1 << 16];
    private readonly byte[] word = new byte[16];
    private readonly MemoryStream output = new();
    private int length;
    private bool inText, escaped, ended;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        while (output.Position == output.Length && !ended)
            Refill();
        return output.Read(buffer);
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        source.Dispose();
        base.Dispose(disposing);
    }

    private void Refill()
    {
        output.SetLength(0);
        var count = source.Read(input);
        ended = count == 0;
        ReadOnlySpan<byte> left = input.AsSpan(0, count);
        while (!left.IsEmpty)
            left = inText ? TakeText(left) : TakeValue(left);
        if (ended)
            EndWord();
        output.Position = 0;
    }

    // Copies a text unchanged, up to its closing quote at once.
    private ReadOnlySpan<byte> TakeText(ReadOnlySpan<byte> bytes)
    {
        var length = escaped ? 1 : bytes.IndexOfAny((byte)'"', (byte)'\\') + 1;
        if (length == 0)
            length = bytes.Length;
        output.Write(bytes[..length]);
        var last = bytes[length - 1];
        inText = escaped || last != '"';
        escaped = !escaped && last == '\\';
        return bytes[length..];
    }

    private ReadOnlySpan<byte> TakeValue(ReadOnlySpan<byte> bytes)
    {
        var value = bytes[0];
        if (char.IsAsciiLetterOrDigit((char)value) || value is (byte)'-' or (byte)'+' or (byte)'.')
        {
            if (length == word.Length)
                Emit();
            word[length++] = value;
        }
        else if (value is not (0xEF or 0xBB or 0xBF))
        {
            EndWord();
            output.WriteByte(value);
            inText = value == '"';
        }
        return bytes[1..];
    }

    private void EndWord()
    {
        if (word.AsSpan(0, length) is var name
            && (name.SequenceEqual("NaN"u8) || name.SequenceEqual("Infinity"u8) || name.SequenceEqual("-Infinity"u8)))
        {
            "null"u8.CopyTo(word);
            length = 4;
        }
        Emit();
    }

    private void Emit()
    {
        output.Write(word.AsSpan(0, length));
        length = 0;
    }
}
