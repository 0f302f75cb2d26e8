using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Blip.Cli.Output;

/// <summary>
/// NumPy's array file, version 1.0 (numpy.lib.format): float32 <c>[rows, dimension]</c>. The header is
/// rewritten after each row, so that the file is always whole. Failed rows are NaN, so that rows match inputs.
/// </summary>
internal sealed class NpyEmbeddingWriter(StreamWriter output, int dimension) : RecordWriter<EmbeddingRecord>(output)
{
    private const int HeaderBytes = 128;
    private static readonly byte[] Magic = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0];

    private readonly Stream file = output.BaseStream;
    private readonly float[] missing = [.. Enumerable.Repeat(float.NaN, dimension)];
    private int rows;

    /// <inheritdoc/>
    protected override void WriteStart() => WriteHeader();

    /// <inheritdoc/>
    protected override void WriteResult(EmbeddingRecord result)
    {
        file.Seek(0, SeekOrigin.End);
        file.Write(MemoryMarshal.AsBytes<float>(result.Vector ?? missing));
        rows++;
        WriteHeader();
    }

    private void WriteHeader()
    {
        var text = string.Create(
            CultureInfo.InvariantCulture, $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {dimension}), }}");
        Span<byte> header = stackalloc byte[HeaderBytes];
        header.Fill((byte)' ');
        Magic.CopyTo(header);
        BitConverter.TryWriteBytes(header[Magic.Length..], (ushort)(HeaderBytes - Magic.Length - sizeof(ushort)));
        Encoding.ASCII.GetBytes(text, header[(Magic.Length + sizeof(ushort))..]);
        header[^1] = (byte)'\n';
        file.Seek(0, SeekOrigin.Begin);
        file.Write(header);
        file.Flush();
    }
}
