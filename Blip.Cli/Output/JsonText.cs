using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Blip.Cli.Output;

/// <summary>JSON written by hand: no reflection, so that a short run stays short.</summary>
internal static class JsonText
{
    /// <summary>The text of one value. Letters of all languages stay readable: this is read by programs, never pasted into HTML.</summary>
    public static string Write(bool indented, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = indented, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            write(json);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
