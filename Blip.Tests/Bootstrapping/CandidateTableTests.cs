using System.Security.Cryptography;
using Blip.Bootstrapping;
using Blip.Bootstrapping.Tables;
using CsCheck;
using ParquetSharp;

namespace Blip.Tests.Bootstrapping;

public class CandidateTableTests
{
    // Parquet.Net writes its version into each file: a new version of it changes this, and is the only good reason to.
    private const string Sha256OfMixedRows = "7880199a8d79281861007ba2aab40b970358f4c6310e2681b4d6bb1c321e6380";

    private static readonly string?[] Texts =
        [
            null, "", " ", "a dog", "Größe: 5 µm", "犬", "a 🐶\U0001F469‍🚀 b", "nul\0inside", "\0", "line\r\nline\ttab",
            "\"quoted\", 'twice'", "\uE000", "\uFFFD",
        ];

    private static readonly double?[] Doubles =
        [
            null, 0, -0.0, 1, 0.1, 1.0 / 3, double.Epsilon, double.MaxValue, double.MinValue, -17.000000000000004, double.NaN,
            double.NegativeInfinity,
        ];

    private static readonly long?[] Seeds = [null, 0, -1, long.MinValue, long.MaxValue, 1L << 53, (1L << 53) + 1];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static IReadOnlyList<Candidate> MixedRows => [.. Enumerable.Range(0, 500).Select(Row)];

    [Fact]
    public async Task A_second_library_reads_every_cell()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "table.parquet");
        await CandidateTable.WriteAsync(path, MixedRows, Token);

        using var file = new ParquetFileReader(path);
        using var group = file.RowGroup(0);
        string[] names = [.. Enumerable.Range(0, file.FileMetaData.NumColumns).Select(i => file.FileMetaData.Schema.Column(i).Name)];

        Assert.Equal(
            ["shard", "index", "key", "image", "image_hash", "width", "height", "source", "number", "text", "itm", "itc", "log_probability",
                "seed", "kept", "reason", "error"], names);
        Assert.Equal(names, CandidateTable.Columns);
        Assert.Equal(1, file.FileMetaData.NumRowGroups);
        AssertColumn<string>("shard", row => row.Shard);
        AssertColumn("index", row => row.Index);
        AssertColumn<string>("key", row => row.Key);
        AssertColumn("image", row => row.ImagePath);
        AssertColumn("image_hash", row => row.ImageHash);
        AssertColumn("width", row => row.Width);
        AssertColumn("height", row => row.Height);
        AssertColumn("source", row => row.Source?.ToString().ToLowerInvariant());
        AssertColumn("number", row => row.Number);
        AssertColumn("text", row => row.Text);
        AssertColumn("itm", row => row.Itm);
        AssertColumn("itc", row => row.Itc);
        AssertColumn("log_probability", row => row.LogProbability);
        AssertColumn("seed", row => row.Seed);
        AssertColumn("kept", row => row.Kept);
        AssertColumn<string>("reason", row => row.Reason);
        AssertColumn("error", row => row.Error);

        void AssertColumn<T>(string name, Func<Candidate, T> value)
        {
            using var column = group.Column(Array.IndexOf(names, name)).LogicalReader<T>();
            Assert.Equal(MixedRows.Select(value), column.ReadAll((int)group.MetaData.NumRows));
        }
    }

    [Fact]
    public async Task Rows_come_back_as_they_were()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "table.parquet");

        await CandidateTable.WriteAsync(path, MixedRows, Token);

        Assert.Equal(MixedRows, await Read(path));
    }

    [Fact]
    public async Task Any_text_and_any_double_comes_back_to_the_bit()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "table.parquet");
        // Valid UTF-16: a lone surrogate has no form in UTF-8.
        var text = Gen.String.Select(value => new string([.. value.Where(unit => !char.IsSurrogate(unit))]) + "\U0001F600").Null();

        await Gen.Select(text, Gen.Double.Nullable(), Gen.Long.Nullable(), Gen.Int.Nullable()).Array[0, 40].SampleAsync(async values =>
        {
            Candidate[] rows = [.. values.Select(
                (value, i) => Row(i) with { Text = value.Item1, Itm = value.Item2, Seed = value.Item3, Width = value.Item4 })];
            await CandidateTable.WriteAsync(path, rows, Token);
            var read = await Read(path);
            Assert.Equal(rows, read);
            Assert.Equal(rows.Select(row => Bits(row.Itm)), read.Select(row => Bits(row.Itm)));
        }, iter: 50, threads: 1);
    }

    [Fact]
    public async Task The_same_rows_give_the_same_bytes_in_any_process()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "table.parquet");

        await CandidateTable.WriteAsync(path, MixedRows, Token);
        var first = await File.ReadAllBytesAsync(path, Token);
        await CandidateTable.WriteAsync(path, [Row(1)], Token);
        await CandidateTable.WriteAsync(path, MixedRows, Token);

        Assert.Equal(first, await File.ReadAllBytesAsync(path, Token));
        Assert.Equal(Sha256OfMixedRows, Convert.ToHexStringLower(SHA256.HashData(first)));
    }

    [Fact]
    public async Task Row_groups_hold_a_fixed_number_of_rows()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "table.parquet");
        Candidate[] rows = [.. Enumerable.Range(0, 2 * CandidateTable.GroupRows + 1).Select(Row)];

        await CandidateTable.WriteAsync(path, rows, Token);

        using var file = new ParquetFileReader(path);
        var groups = Enumerable.Range(0, file.FileMetaData.NumRowGroups);
        Assert.Equal([50_000, 50_000, 1], groups.Select(i => file.RowGroup(i).MetaData.NumRows));
        Assert.Equal(rows, await Read(path));
    }

    [Fact]
    public void Long_texts_end_a_row_group_early()
    {
        var text = new string('x', (int)(CandidateTable.GroupCharacters / 2));
        Candidate[] rows = [Row(0), Row(1) with { Text = text }, Row(2) with { Text = text + text + text }, Row(3), Row(4)];

        Assert.Equal([(0, 2), (2, 1), (3, 2)], CandidateTable.Groups(rows));
    }

    [Fact]
    public async Task A_second_library_reads_very_long_texts()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "table.parquet");
        // The least and the greatest of the column: a page header that quoted them would be too long for most readers.
        var texts = new[] { new string('!', 9_000_000), "middle", new string('~', 9_000_000) };
        Candidate[] rows = [.. texts.Select((text, i) => Row(i) with { Text = text })];

        await CandidateTable.WriteAsync(path, rows, Token);

        using var file = new ParquetFileReader(path);
        using var group = file.RowGroup(0);
        using var column = group.Column(9).LogicalReader<string?>();
        Assert.True(rows.Select(row => row.Text).SequenceEqual(column.ReadAll(3)));
        Assert.True(rows.SequenceEqual(await Read(path)));
    }

    [Fact]
    public async Task A_table_without_rows_is_a_table()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "table.parquet");

        await CandidateTable.WriteAsync(path, [], Token);

        Assert.Empty(await Read(path));
        using var file = new ParquetFileReader(path);
        Assert.Equal((0, 17), (file.FileMetaData.NumRows, file.FileMetaData.NumColumns));
    }

    [Fact]
    public async Task A_lone_surrogate_becomes_the_replacement_character()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "table.parquet");

        await CandidateTable.WriteAsync(path, [Row(0) with { Text = "a\uD83D b" }], Token);

        Assert.Equal("a\uFFFD b", Assert.Single(await Read(path)).Text);
    }

    [Fact]
    public async Task A_writing_that_was_cancelled_leaves_no_table()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "table.parquet");
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CandidateTable.WriteAsync(path, MixedRows, cancellation.Token));

        await Assert.ThrowsAsync<BootstrapException>(() => Read(path));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(1000)]
    [InlineData(-1)]
    [InlineData(-200)]
    public async Task A_table_that_was_cut_off_is_named(int length)
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "table.parquet");
        await CandidateTable.WriteAsync(path, MixedRows, Token);
        var bytes = await File.ReadAllBytesAsync(path, Token);
        await File.WriteAllBytesAsync(path, bytes[..(length < 0 ? bytes.Length + length : length)], Token);

        var exception = await Assert.ThrowsAsync<BootstrapException>(() => Read(path));

        Assert.StartsWith(path + ": ", exception.Message);
        Assert.Contains("damaged", exception.Message);
    }

    [Fact]
    public async Task A_flipped_byte_is_a_clear_error_or_does_no_harm()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "table.parquet");
        await CandidateTable.WriteAsync(path, MixedRows, Token);
        var bytes = await File.ReadAllBytesAsync(path, Token);
        var refused = 0;
        for (var place = 0; place < bytes.Length; place += 7)
        {
            bytes[place] ^= 0xFF;
            await File.WriteAllBytesAsync(path, bytes, Token);
            bytes[place] ^= 0xFF;
            try
            {
                await Read(path).WaitAsync(TimeSpan.FromSeconds(20), Token);
            }
            catch (BootstrapException exception)
            {
                Assert.StartsWith(path, exception.Message);
                refused++;
            }
        }
        Assert.InRange(refused, bytes.Length / 7 / 4, bytes.Length);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_named()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "no.parquet");

        Assert.StartsWith(path, (await Assert.ThrowsAsync<BootstrapException>(() => Read(path))).Message);
        Assert.StartsWith(folder.Path, (await Assert.ThrowsAsync<BootstrapException>(() => Read(folder.Path))).Message);
    }

    [Fact]
    public async Task A_Parquet_file_of_another_kind_is_told_by_its_columns()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "other.parquet");
        using (var file = new ParquetFileWriter(path, [new Column<string>("shard"), new Column<string>("index")]))
        {
            using var group = file.AppendRowGroup();
            using (var shard = group.NextColumn().LogicalWriter<string>())
                shard.WriteBatch(["0"]);
            using (var index = group.NextColumn().LogicalWriter<string>())
                index.WriteBatch(["0"]);
            file.Close();
        }

        var exception = await Assert.ThrowsAsync<BootstrapException>(() => Read(path));

        Assert.Equal($"{path}: this is no table of candidates: 'index' holds String and not Int32.", exception.Message);
    }

    private static long? Bits(double? value) => value is { } there ? BitConverter.DoubleToInt64Bits(there) : null;

    private static T Pick<T>(T[] values, int i) => values[i % values.Length];

    private static Candidate Row(int i) => new()
    {
        Shard = $"{i / 100:D5}", Index = i % 100, Key = Pick(Texts, i / 3) ?? $"folder/{i}", Kept = i % 3 == 0,
        ImagePath = i % 4 == 0 ? null : $"images/{i}.jpg", ImageHash = i % 5 == 0 ? null : $"{i * 2654435761:x32}",
        Width = i % 6 == 0 ? null : i, Height = i % 7 == 0 ? null : int.MaxValue - i,
        Source = i % 11 == 0 ? null : (TextOrigin)(i % 3), Number = i % 9, Text = Pick(Texts, i),
        Itm = Pick(Doubles, i), Itc = Pick(Doubles, i / 2), LogProbability = Pick(Doubles, i / 5), Seed = Pick(Seeds, i),
        Reason = i % 2 == 0 ? "kept" : "itm", Error = i % 13 == 0 ? "cut off" : null,
    };

    private static async Task<IReadOnlyList<Candidate>> Read(string path)
    {
        var rows = new List<Candidate>();
        await foreach (var row in CandidateTable.ReadAsync(path, Token))
            rows.Add(row);
        return rows;
    }
}
