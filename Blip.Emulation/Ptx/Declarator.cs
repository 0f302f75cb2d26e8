using System.Buffers.Binary;
using System.Globalization;

namespace Blip.Emulation.Ptx;

/// <summary>Reads the declaration after <c>.param</c>, <c>.shared</c>, <c>.local</c>, <c>.global</c> or <c>.const</c>.</summary>
internal static class Declarator
{
    /// <summary>Reads <c>.align 16 .b8 name[64]</c>, with values if any.</summary>
    public static PtxVariable Read(List<PtxToken> tokens, ref int position, PtxSpace space)
    {
        var alignment = 0;
        var type = "";
        while (tokens[position].Text[0] == '.')
        {
            var word = tokens[position++];
            if (word.Text == ".align")
                alignment = int.Parse(tokens[position++].Text, CultureInfo.InvariantCulture);
            else if (PtxTypes.Bytes(word.Text[1..]) > 0)
                type = word.Text[1..];
            else if (word.Text is not (".ptr" or ".global" or ".shared" or ".const" or ".local"))
                throw new PtxException("unknown word in a declaration", word.Line, word.Text);
        }
        var name = tokens[position++];
        var bytes = PtxTypes.Bytes(type);
        if (bytes == 0)
            throw new PtxException("a declaration without a type", name.Line, name.Text);
        var count = 1;
        while (position < tokens.Count && tokens[position].Text == "[")
        {
            position++;
            count *= tokens[position].Text == "]" ? 0 : int.Parse(tokens[position++].Text, CultureInfo.InvariantCulture);
            position++;
        }
        byte[]? values = null;
        if (position < tokens.Count && tokens[position].Text == "=")
        {
            position++;
            values = Values(tokens, ref position, type, count * bytes);
        }
        return new PtxVariable(space, name.Text, 0, count * bytes, Math.Max(alignment, bytes)) { Values = values };
    }

    public static PtxVariable PlaceShared(PtxModule module, PtxVariable variable)
    {
        var offset = PtxTypes.RoundUp(module.SharedBytes, variable.Alignment);
        module.SharedBytes = offset + variable.Size;
        return variable with { Offset = offset };
    }

    private static byte[] Values(List<PtxToken> tokens, ref int position, string type, int size)
    {
        var values = new byte[size];
        var at = 0;
        var negative = false;
        var depth = 0;
        Span<byte> element = stackalloc byte[8];
        do
        {
            var token = tokens[position++];
            switch (token.Text)
            {
                case "{":
                    depth++;
                    break;
                case "}":
                    depth--;
                    break;
                case ",":
                    break;
                case "-":
                    negative = true;
                    break;
                default:
                    var (value, number) = PtxNumber.Parse(token);
                    if (number is { } real)
                        value = type == "f32" ? BitConverter.SingleToUInt32Bits((float)real) : BitConverter.DoubleToUInt64Bits(real);
                    BinaryPrimitives.WriteUInt64LittleEndian(element, negative ? 0 - value : value);
                    negative = false;
                    element[..PtxTypes.Bytes(type)].CopyTo(values.AsSpan(at));
                    at += PtxTypes.Bytes(type);
                    break;
            }
        }
        while (depth > 0);
        return values;
    }
}

internal static class PtxNumber
{
    /// <summary>Reads <c>12</c>, <c>0x1F</c>, <c>0f3F800000</c>, <c>0d…</c> or <c>1.5</c>.</summary>
    public static (ulong Value, double? Decimal) Parse(PtxToken token)
    {
        var text = token.Text;
        try
        {
            if (text.Length > 2 && text[0] == '0')
            {
                switch (text[1])
                {
                    case 'f' or 'F' or 'd' or 'D':
                        return (ulong.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture), null);
                    case 'x' or 'X':
                        return (ulong.Parse(text.AsSpan(2).TrimEnd("U"), NumberStyles.HexNumber, CultureInfo.InvariantCulture), null);
                }
            }
            if (text.Contains('.', StringComparison.Ordinal))
                return (0, double.Parse(text, CultureInfo.InvariantCulture));
            return (ulong.Parse(text.AsSpan().TrimEnd("U"), CultureInfo.InvariantCulture), null);
        }
        catch (FormatException)
        {
            throw new PtxException("not a number", token.Line, text);
        }
    }
}
