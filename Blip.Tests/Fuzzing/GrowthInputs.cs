using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Retrieval;
using Blip.Tests.Datasets;
using Blip.Tests.Retrieval;

namespace Blip.Tests.Fuzzing;

/// <summary>Inputs of any length for the readers of <see cref="FuzzTargets"/>: one thing that comes again and again.</summary>
/// <param name="Reader">The reader's name.</param>
/// <param name="Repeated">The repeated part.</param>
/// <param name="Make">The input with so many of it.</param>
internal sealed record GrowthInput(string Reader, string Repeated, Func<int, byte[]> Make)
{
    /// <summary>All of them; every reader has one at least.</summary>
    public static IReadOnlyList<GrowthInput> All { get; } =
    [
        .. Json("config", "unknown field", i => $"\"field{i}\":{i}", "{", "}"),
        .. Json("config", "unknown object", i => $"\"field{i}\":{{\"a\":[{i}]}}", "{\"text_config\":{", "}}"),
        .. Json("generation", "forbidden word", i => $"[{i},{i + 1}]", "{\"bad_words_ids\":[", "]}"),
        .. Json("generation", "biased word", i => $"[[{i},{i + 1}],0.5]", "{\"sequence_bias\":[", "]}"),
        .. Json("generation", "stop string", i => $"\"word{i}\"", "{\"stop_strings\":[", "]}"),
        .. Json("preprocessor", "unknown field", i => $"\"field{i}\":[1,2]", "{", "}"),
        Lines("vocab", "word", i => $"word{i}", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n"),
        Lines("vocab", "empty line", _ => "", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n"),
        .. Json("tokenizer", "word", i => $"\"word{i}\":{i + 5}",
            """{"model":{"type":"WordPiece","unk_token":"[UNK]","vocab":{"[PAD]":0,"[UNK]":1,"[CLS]":2,"[SEP]":3,"[MASK]":4,""", "}}}"),
        .. Json("tokenizer", "added token", i => $$"""{"id":{{i + 5}},"content":"[T{{i}}]","special":true}""",
            """{"model":{"type":"WordPiece","unk_token":"[UNK]","vocab":{"[PAD]":0,"[UNK]":1,"[CLS]":2,"[SEP]":3,"[MASK]":4}},"added_tokens":[""", "]}"),
        .. Texts("encode", "a ", "a", "[SEP]", "[", "[SE", ".", "\U0001F600", "e\u0301", "\u4E2D", "##a ", "\u0000", "a1-", "\u00AD"),
        new("safetensors", "tensor", Safetensors),
        new("safetensors", "metadata", n => Safetensors(1, Enumerable.Range(0, n).ToDictionary(i => $"key{i}", i => "value"))),
        new("torch", "file in the archive",
            n => Zip([("x/data.pkl", Pickle("}", 1)), .. Enumerable.Range(0, n).Select(i => ($"x/data/{i}", new byte[4]))])),
        .. new[] { "]", "N", "(", "}", "K\u0001", "]q\u0000", "(K\u0001K\u0002t", "cos\nx\n", "X\u0001\u0000\u0000\u0000a", "h\u0000", "2" }
            .Select(unit => new GrowthInput(
            "torch", $"opcodes {string.Concat(unit.Select(letter => letter is > ' ' and <= '~' ? letter : '_'))}", n =>
            Zip([("x/data.pkl", Pickle("]q\u0000" + Times(unit, n), 1))]))),
        .. Json("sharded", "name", i => $"\"layer.{i}.weight\":\"x.safetensors\"", "{\"weight_map\":{", "}}"),
        .. Json("captions", "image", i => $$"""{"image":"{{i}}.png","caption":"a dog"}""", "[", "]"),
        .. Json("captions", "caption of one image", i => $"\"a dog {i}\"", "[{\"image\":\"a.png\",\"caption\":[", "]}]"),
        .. Json("captions", "annotation", i => $$"""{"image_id":{{i % 7}},"caption":"x"}""",
            "{\"images\":[{\"id\":1,\"file_name\":\"a.jpg\"}],\"annotations\":[", "]}"),
        .. Json("vqa", "question", i => $$"""{"question_id":{{i}},"image_id":{{i / 3}},"question":"what?"}""", "{\"questions\":[", "]}"),
        .. Json("vqa", "answer", i => $"\"a{i}\"", "[{\"question_id\":1,\"image\":\"a.png\",\"question\":\"?\",\"answer\":[", "]}]"),
        .. Json("results", "result", i => $$"""{"image_id":{{i}},"caption":"x"}""", "[", "]"),
        .. Json("results", "result of one image", i => $$"""{"path":"a/2.png","caption":"y{{i}}"}""", "[", "]"),
        .. Texts("ptb", "a ", "a", ".", "a.", "www.a", "http://", "'", "a'", "1:", "((", "-", "a-", "1,", "$1", "\u00E1", "&amp;", "<a",
            "a@"),
        new("image", "PNG text", n => Png(n)),
        new("image", "JPEG comment", n => Jpeg(n, 0xFE, [.. "x"u8])),
        new("image", "JPEG EXIF", n => Jpeg(n, 0xE1, [.. "Exif\0\0II*\0\u0008\0\0\0\0\0"u8])),
        new("image", "JPEG XMP", n => Jpeg(n, 0xE1, [.. "http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>"u8])),
        new("image", "GIF comment", n => Gif(n)),
        new("image", "PPM comment", n => Text("P6\n" + Times("# x\n", n) + "2 2\n255\nabcdefghijkl")),
        new("image", "PPM blank", n => Text("P2\n2 2\n7\n" + Times(" \n", n) + "0 1 2 3\n")),
        new("tar", "sample", n =>
            Shards.Tar(TarEntryFormat.Ustar,
                Enumerable.Range(0, n).SelectMany(i => new (string, byte[])[] { ($"{i}.png", [1, 2, 3]), ($"{i}.txt", [.. "a dog"u8]) }))),
        new("tar", "text of one sample",
            n => Shards.Tar(TarEntryFormat.Ustar,
            Enumerable.Range(0, n).Select(i => ($"a.t{i}", (byte[])[.. "x"u8])).Prepend(("a.png", [1, 2, 3])))),
        Lines("csv", "row", i => $"{i}.jpg,\"a \"\"dog\"\", red\"", "image,caption\n"),
        new("csv", "quote", n => Text("image,caption\na.jpg,\"" + Times("\"\"", n) + "\"\n")),
        new("csv", "open quote", n => Text("image,caption\na.jpg,\"" + Times("a\n", n))),
        new("csv", "column", n =>
            Text($"image,caption,{string.Join(',', Enumerable.Range(0, n).Select(i => $"c{i}"))}\na.jpg,x,{Times(",", n - 1)}\n")),
        .. Json("json", "sample", i => $$"""{"image":"{{i}}.jpg","caption":["x","y"],"n":1.5}""", "[", "]"),
        .. Json("json", "field of one sample", i => $"\"f{i}\":{i}", "[{\"image\":\"a.jpg\",\"caption\":\"x\",", "}]"),
        Lines("jsonl", "sample", i => $$"""{"image":"{{i}}.jpg","caption":"x"}""", ""),
        Lines("jsonl", "empty line", _ => "", "{\"image\":\"a.jpg\",\"caption\":\"x\"}\n"),
        new("journal", "entry", Journal),
    ];

    /// <inheritdoc/>
    public override string ToString() => $"{Reader}: {Repeated}";

    private static string Times(string unit, int n) => string.Concat(Enumerable.Repeat(unit, n));

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    private static IEnumerable<GrowthInput> Texts(string reader, params IEnumerable<string> units) =>
        units.Select(unit =>
            new GrowthInput(reader,
                $"'{string.Concat(unit.Select(letter => letter is > ' ' and <= '~' ? $"{letter}" : $"U+{(int)letter:X4} "))}'", n =>
                Text(Times(unit, n))));

    // Entries behind each other, and the same as one string that never ends.
    private static IEnumerable<GrowthInput> Json(string reader, string repeated, Func<int, string> unit, string head, string tail) =>
        [new(reader, repeated, n => Text(head + string.Join(',', Enumerable.Range(0, n).Select(unit)) + tail)),
            new(reader, $"{repeated}, cut off", n => Text(head + string.Join(',', Enumerable.Range(0, n).Select(unit))))];

    private static GrowthInput Lines(string reader, string repeated, Func<int, string> line, string head) =>
        new(reader, repeated, n => Text(head + string.Concat(Enumerable.Range(0, n).Select(i => $"{line(i)}\n"))));

    private static byte[] Safetensors(int tensors) => Safetensors(tensors, []);

    private static byte[] Safetensors(int tensors, Dictionary<string, string> metadata)
    {
        using var file = new MemoryStream();
        SafetensorsWriter.WriteHeader(
            file, [.. Enumerable.Range(0, tensors).Select(i => new TensorInfo($"layer.{i}.weight", DType.Float32, [1]))], metadata);
        file.Write(new byte[4 * tensors]);
        return file.ToArray();
    }

    private static byte[] Pickle(string body, int end) =>
        [0x80, 2, .. Encoding.Latin1.GetBytes(body), .. Encoding.Latin1.GetBytes(Times(".", end))];

    private static byte[] Zip(IEnumerable<(string Name, byte[] Bytes)> files)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, bytes) in files)
            {
                using var entry = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
                entry.Write(bytes);
            }
        }
        return stream.ToArray();
    }

    // Chunks of text behind the header of a whole file.
    private static byte[] Png(int chunks)
    {
        var file = File.ReadAllBytes(Repository.Absolute("weights/samples/00.png"));
        byte[] chunk = [0, 0, 0, 3, .. "tEXta\0b"u8, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(11), System.IO.Hashing.Crc32.HashToUInt32(chunk.AsSpan(4, 7)));
        return [.. file.AsSpan(0, 33), .. Enumerable.Repeat(chunk, chunks).SelectMany(bytes => bytes), .. file.AsSpan(33)];
    }

    private static byte[] Jpeg(int segments, byte marker, byte[] content)
    {
        var file = Shards.Jpeg("x");
        byte[] segment = [0xFF, marker, 0, (byte)(content.Length + 2), .. content];
        return [.. file.AsSpan(0, 2), .. Enumerable.Repeat(segment, segments).SelectMany(bytes => bytes), .. file.AsSpan(2)];
    }

    private static byte[] Gif(int comments) =>
    [
        .. "GIF89a"u8, 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255,
        .. Enumerable.Repeat((byte[])[0x21, 0xFE, 1, (byte)'x', 0], comments).SelectMany(bytes => bytes),
        0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B,
    ];

    private static byte[] Journal(int entries)
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "made.index");
        using (var index = EmbeddingIndex.Open(path, MadeEntries.Dimension, MadeEntries.Model))
        {
            foreach (var part in Enumerable.Range(0, entries).Chunk(1000))
                MadeEntries.Add(index, [.. part.Select(i => ($"{i}", i))]);
        }
        return File.ReadAllBytes(path);
    }
}
