using System.Formats.Tar;
using System.Text;
using Blip.Datasets;
using Blip.Evaluation;
using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Imaging;
using Blip.Runtime.Retrieval;
using Blip.Runtime.Tokenization;
using Blip.Tests.Datasets;
using Blip.Tests.Retrieval;

namespace Blip.Tests.Fuzzing;

/// <summary>The readers, with whole files to begin from.</summary>
internal static class FuzzTargets
{
    private static readonly TemporaryFolder Folder = Temporary();

    private static readonly Lazy<WordPieceTokenizer> Tokenizers =
        new(() => WordPieceTokenizer.Load(Repository.Absolute("weights/captioning/vocab.txt")));

    private static readonly Lazy<CaptionAnnotations> Annotations = new(() =>
        CaptionAnnotations.Load(Folder.Write("data.json", """[{"image":"1.png","caption":"x"},{"image":"2.png","caption":"y"}]""")));

    /// <summary>All of them.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        // The models' small files.
        new("config", Weights("config.json"), bytes => BlipConfig.Read(JsonFile.Parse(bytes, "x")), typeof(CheckpointException))
        {
            Executions = 10_000,
        },
        new("generation",
            [.. Weights("generation_config.json"),
            Text("""{"max_length":20,"bad_words_ids":[[1,2]],"sequence_bias":[[[1],2.5]],"exponential_decay_length_penalty":[3,1.1],"early_stopping":"never"}""")],
            bytes => GenerationDefaults.Read(JsonFile.Parse(bytes, "x")), typeof(CheckpointException)) { Executions = 10_000 },
        new("preprocessor", Weights("preprocessor_config.json"),
            bytes => PreprocessorConfig.Read(JsonFile.Parse(bytes, "x"), new VisionConfig()), typeof(CheckpointException))
        {
            Executions = 10_000,
        },
        // Vocabularies.
        new("vocab", Weights("vocab.txt"), InFile("vocab.txt", path => WordPieceTokenizer.Load(path).Encode("a small dog")),
            typeof(TokenizerException)),
        new("tokenizer", [Text(Tokenizer)], InFile("tokenizer.json", path => WordPieceTokenizer.Load(path).Encode("a small dog [DEC]")),
            typeof(TokenizerException)),
        new("encode", [Text("a large white ring on a cyan background. [SEP] [CLS] caf\u00E9 \U0001F600")],
            bytes => Tokenizers.Value.Encode(Encoding.UTF8.GetString(bytes)), null),
        // Weights.
        new("safetensors", [SmallSafetensors()], InFile("x.safetensors", path => TensorFiles.Open(path).Dispose()),
            typeof(CheckpointException)),
        new("torch", Torch(), InFile("x.bin", path => TensorFiles.Open(path).Dispose()), typeof(CheckpointException)) { Executions = 500 },
        new("sharded", [Text("""{"metadata":{"total_size":56},"weight_map":{"a":"x.safetensors","b.c":"x.safetensors"}}""")], Sharded,
            typeof(CheckpointException)),
        // Annotations.
        new("captions", [Sample("captions.json"),
            Text("""{"images":[{"id":1,"file_name":"a.jpg"}],"annotations":[{"image_id":1,"caption":"x"}]}"""),
            Text("""{"images":[{"imgid":1,"filename":"a","split":"test","sentences":[{"raw":"x"}]}]}""")],
            InFile("captions.json", path => CaptionAnnotations.Load(path)), typeof(AnnotationException)),
        new("vqa", [Sample("questions.json"), Text("""{"questions":[{"question_id":1,"image_id":1,"question":"?"}]}""")],
            InFile("vqa.json", path => VqaDataset.Load(path, null)), typeof(AnnotationException)),
        new("results", [Text("""[{"image_id":1,"caption":"x"},{"path":"a/2.png","caption":"y","tokens":[1],"score":-0.5}]""")],
            InFile("results.json", path => ResultsFile.Load(path, Annotations.Value)), typeof(AnnotationException)),
        new("ptb", [Text("www.example.org isn't (blurred) at 3:30 p.m. \u00E1")],
            bytes => PtbTokenizer.Tokenize(Encoding.UTF8.GetString(bytes)), null),
        // Images: headers, EXIF, XMP.
        new("image", [Sample("00.png"), .. SmallImages(), .. OtherImages()],
            bytes => ImageDecoder.Decode(bytes, "x", new ImageDecoderOptions { MaxPixels = 1 << 20 }), typeof(ImageException))
        {
            Executions = 500,
        },
        // Data sets.
        new("tar", [Shards.Tar(TarEntryFormat.Pax, ("a.jpg", Shards.Jpeg("x")), ("a.txt", [.. "a dog"u8]), ("a.json", [.. "{\"n\":1}"u8])),
            Shards.Tar(TarEntryFormat.Gnu, ("b.png", Shards.Png("x")))],
            InFile("x.tar", Samples), typeof(DatasetException)) { Executions = 500 },
        new("csv", [Text("image,caption\na.jpg,\"a \"\"dog\"\", red\"\nb.jpg,x\n")], InFile("x.csv", Samples), typeof(DatasetException))
        {
            Executions = 500,
        },
        new("json", [Text("""[{"image":"a.jpg","caption":["x","y"],"n":1.5}]""")], InFile("x.json", Samples), typeof(DatasetException))
        {
            Executions = 500,
        },
        new("jsonl", [Text("{\"image\":\"a.jpg\",\"caption\":\"x\"}\n{\"image\":\"b.jpg\",\"caption\":\"y\"}\n")],
            InFile("x.jsonl", Samples), typeof(DatasetException))
        {
            Executions = 500,
        },
        // The index of embeddings.
        new("journal", [Journal()], InFile("x.index", path => EmbeddingIndex.OpenRead(path).Dispose()), typeof(IndexException))
        {
            Executions = 500,
        },
    ];

    private const string Tokenizer = """
        {"version":"1.0","added_tokens":[{"id":0,"content":"[PAD]","special":true},{"id":9,"content":"[DEC]","special":true}],
         "normalizer":{"type":"BertNormalizer","lowercase":true,"clean_text":true,"handle_chinese_chars":true},
         "model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,
         "vocab":{"[PAD]":0,"[UNK]":1,"[CLS]":2,"[SEP]":3,"[MASK]":4,"a":5,"##b":6,"small":7,"dog":8}}}
        """;

    private static TemporaryFolder Temporary()
    {
        var folder = new TemporaryFolder();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Dispose();
        return folder;
    }

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    private static List<byte[]> Weights(string file) => [.. new[] { "captioning", "vqa" }
        .Select(head => Repository.Absolute($"weights/{head}/{file}")).Where(File.Exists).Select(File.ReadAllBytes)];

    private static byte[] Sample(string file) => File.ReadAllBytes(Repository.Absolute($"weights/samples/{file}"));

    // Each reader has a separate folder, so that tests can run beside each other.
    private static Action<byte[]> InFile(string name, Action<string> read)
    {
        var folder = Path.Combine(Folder.Path, name.Replace('.', '-'));
        return bytes => read(Folder.Write(Path.Combine(folder, name), bytes));
    }

    private static void Sharded(byte[] bytes)
    {
        Folder.Write("sharded/x.safetensors", SmallSafetensors());
        TensorFiles.Open(Folder.Write("sharded/model.safetensors.index.json", bytes)).Dispose();
    }

    private static byte[] SmallSafetensors()
    {
        using var file = new MemoryStream();
        SafetensorsWriter.WriteHeader(
            file, [new TensorInfo("a", DType.Float32, [2, 3]), new TensorInfo("b.c", DType.BFloat16, [4])], new Dictionary<string,
            string>
            { ["format"] = "pt" });
        file.Write(new byte[32]);
        return file.ToArray();
    }

    // Small pickles, most of them hostile, in both containers.
    private static List<byte[]> Torch() =>
        [.. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Goldens", "checkpoints"), "*.bin")
        .Order(StringComparer.Ordinal).Select(File.ReadAllBytes).Where(file => file.Length is > 0 and < 4000)];

    // The smallest of each kind: a change hits a relevant byte.
    private static IEnumerable<byte[]> SmallImages() =>
        Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Goldens", "images"))
        .Where(path => Path.GetExtension(path) is not (".json" or ".bin" or ".md"))
        .GroupBy(Path.GetExtension).OrderBy(kind => kind.Key, StringComparer.Ordinal)
        .Select(kind => kind.OrderBy(path => new FileInfo(path).Length).ThenBy(path => path, StringComparer.Ordinal).First())
        .Select(File.ReadAllBytes).Where(file => file.Length is > 0 and < 30_000);

    // Two by two pixels in the formats of which no golden is kept.
    private static byte[][] OtherImages() =>
    [
        [.. "P6\n2 2\n255\nabcdefghijkl"u8],
        [.. "P2\n# a comment\n2 2\n7\n0 1 2 3\n"u8],
        [.. "P1\n2 2\n0 1 1 0\n"u8],
        [0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2, 0, 24, 0, .. "abcdefghijkl"u8],
        [.. "qoif"u8, 0, 0, 0, 2, 0, 0, 0, 2, 3, 0, 0xFE, 1, 2, 3, 0xFE, 4, 5, 6, 0xC1, 0, 0, 0, 0, 0, 0, 0, 1],
        Tiff((256, 2), (257, 2), (258, 8), (259, 1), (262, 1), (273, 122), (277, 1), (278, 2), (279, 4)),
    ];

    // One directory of short numbers, and four bytes of pixels behind it, at 122.
    private static byte[] Tiff(params (int Tag, int Value)[] entries)
    {
        using var file = new MemoryStream();
        using var writer = new BinaryWriter(file);
        writer.Write("II*\0"u8);
        writer.Write(8);
        writer.Write((short)entries.Length);
        foreach (var (tag, value) in entries)
        {
            writer.Write((short)tag);
            writer.Write((short)3);
            writer.Write(1);
            writer.Write(value);
        }
        writer.Write(0);
        writer.Write("abcd"u8);
        return file.ToArray();
    }

    private static void Samples(string path)
    {
        foreach (var shard in Dataset.Open([path]))
        {
            foreach (var sample in shard.ReadAsync().ToBlockingEnumerable())
                GC.KeepAlive(sample);
        }
    }

    private static byte[] Journal()
    {
        var path = Path.Combine(Folder.Path, "journal", "made.index");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using (var index = EmbeddingIndex.Open(path, MadeEntries.Dimension, MadeEntries.Model))
            MadeEntries.Add(index, ("a", 1), ("b", 2));
        return File.ReadAllBytes(path);
    }
}
