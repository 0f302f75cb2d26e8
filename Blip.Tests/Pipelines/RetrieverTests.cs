using Blip.Runtime.Checkpoints;
using Blip.Runtime.Imaging;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;
using Blip.Runtime.Retrieval;
using Blip.Tests.Cli;

namespace Blip.Tests.Pipelines;

public sealed class RetrieverTests(RetrieverTests.Matchers matchers) : IClassFixture<RetrieverTests.Matchers>, IDisposable
{
    private readonly TemporaryFolder folder = new();

    /// <summary>The demo matcher, loaded once.</summary>
    public sealed class Matchers : IDisposable
    {
        public Matcher Demo { get; } = Matcher.Load(DemoMatching.Model, new MatcherOptions { Device = "cpu" });

        public void Dispose() => Demo.Dispose();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string IndexPath => Path.Combine(folder.Path, "blip.index");

    public void Dispose() => folder.Dispose();

    private string[] Copies(int count = 12) => [.. Enumerable.Range(0, count).Select(i =>
    {
        var path = Path.Combine(folder.Path, "images", $"{i:0000}.png");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Copy(Demo.Paths[i % Demo.Paths.Length], path);
        return path;
    })];

    private static async Task<List<IndexingResult>> AddAsync(Retriever retriever, IEnumerable<string> paths) =>
        await retriever.AddAsync(paths.Select(path => ImageSource.FromFile(path)), Token).ToListAsync(Token);

    private static string Outcomes(IEnumerable<IndexingResult> results) =>
        string.Join(", ", results.GroupBy(result => result.Outcome).OrderBy(group => group.Key)
            .Select(group => $"{group.Count()} {group.Key}"));

    [Fact]
    public async Task What_is_there_and_has_not_changed_is_passed_over()
    {
        var images = Copies();
        using (var retriever = Retriever.Open(matchers.Demo, IndexPath))
        {
            Assert.Equal("12 Added", Outcomes(await AddAsync(retriever, images)));
            Assert.Equal("12 Unchanged", Outcomes(await AddAsync(retriever, images)));
            Assert.Equal("24 Unchanged", Outcomes(await AddAsync(retriever, images.Concat(images))));
        }
        File.Copy(images[5], images[0], overwrite: true);
        File.SetLastWriteTimeUtc(images[1], DateTime.UtcNow.AddMinutes(1));
        File.Delete(images[2]);
        var broken = folder.Write("images/broken.png", "no image");
        using (var retriever = Retriever.Open(matchers.Demo, IndexPath))
        {
            var results = await AddAsync(retriever, images.Append(broken));
            Assert.Equal("2 Updated, 9 Unchanged, 2 Failed", Outcomes(results));
            Assert.Equal([images[2], broken], results.Where(result => !result.Succeeded).Select(result => result.Source.Name));
            Assert.All(results.Where(result => !result.Succeeded),
                result => Assert.StartsWith(result.Source.Name, result.Error, StringComparison.Ordinal));
            Assert.Equal(retriever.Index.Vector("images/0005.png"), retriever.Index.Vector("images/0000.png"));
            Assert.Equal([images[2]], retriever.RemoveMissing());
            Assert.Equal(11, retriever.Index.Count);
            Assert.Equal("1 Added", Outcomes(await AddAsync(retriever, [Demo.Paths[2]])));
            Assert.Equal(Path.GetFullPath(Demo.Paths[2]),
                retriever.Search("anything", new SearchOptions { Top = 12 }, Token)
                .Single(hit => !hit.Path.StartsWith(folder.Path, StringComparison.Ordinal)).Path);
        }
    }

    [Fact]
    public async Task A_second_image_of_one_name_has_an_outcome_of_its_own()
    {
        var image = Copies(1)[0];
        var broken = folder.Write("images/broken.png", "no image");
        using var retriever = Retriever.Open(matchers.Demo, IndexPath);
        var results = await AddAsync(retriever, [broken, image, broken, image]);
        Assert.Equal("1 Added, 1 Unchanged, 2 Failed", Outcomes(results));

        // A stream has no time of change: the second of one name is another image, and replaces the first.
        ImageSource[] streams = [.. Demo.Paths.Take(2).Select(path => ImageSource.FromBytes(File.ReadAllBytes(path), "stream"))];
        results = await retriever.AddAsync(streams, Token).ToListAsync(Token);
        Assert.Equal("1 Added, 1 Updated", Outcomes(results));
        Assert.Equal(matchers.Demo.Embedder.EmbedImage(Demo.Paths[1], Token), retriever.Index.Vector("stream"));
    }

    [Fact]
    public async Task Searches_find_what_brute_force_in_double_finds()
    {
        var images = Copies();
        using var retriever = Retriever.Open(matchers.Demo.Embedder, IndexPath);
        await AddAsync(retriever, images);
        var vectors = images.Select(image => matchers.Demo.Embedder.EmbedImage(image, Token)).ToArray();
        string[] texts = [.. DemoMatching.Pairs.Select(pair => pair.Text).Distinct()];
        var found = retriever.Search(texts, new SearchOptions { Top = 5 }, Token);
        for (var i = 0; i < texts.Length; i++)
        {
            var query = matchers.Demo.Embedder.EmbedText(texts[i], Token);
            var expected = vectors.Select((vector, place) =>
                (Path: images[place], Cosine: vector.Zip(query, (a, b) => (double)a * b).Aggregate(0.0, (sum, product) => sum + product)))
                .OrderByDescending(hit => hit.Cosine).Take(5).Select(hit => new RetrievalHit(hit.Path, hit.Cosine, hit.Cosine));
            Assert.Equal(expected, found[i]);
        }
        // And the reference agrees: of each image's own description with the cosine that it recorded.
        foreach (var pair in DemoMatching.Pairs)
        {
            var hit = retriever.Search(pair.Text, new SearchOptions { Top = 12 }, Token)
                .Single(hit => Path.GetFileName(hit.Path) == $"00{Path.GetFileName(pair.Path)}");
            Assert.Equal(pair.Cosine, hit.Cosine, 2e-4);
        }
        var own = retriever.SearchByImage(Demo.Paths[7], new SearchOptions { Top = 2 }, Token);
        Assert.Equal(images[7], own[0].Path);
        Assert.Equal(1, own[0].Cosine, 1e-6);
        Assert.True(own[1].Cosine < own[0].Cosine);
        Assert.Equal(own, (await Task.Run(() => retriever.SearchByImage(Demo.Paths[7], new SearchOptions { Top = 2 }, Token), Token)));
    }

    [Fact]
    public async Task The_matching_head_looks_again_at_the_first()
    {
        var images = Copies();
        using var retriever = Retriever.Open(matchers.Demo, IndexPath);
        await AddAsync(retriever, images);
        File.Delete(images[1]);
        var text = DemoMatching.Pairs.First(pair => pair.Path == Demo.Paths[1]).Text;
        var plain = retriever.Search(text, new SearchOptions { Top = 12 }, Token);
        Assert.Equal(images[1], plain[0].Path);

        var hits = retriever.Search(text, new SearchOptions { Top = 12, Rerank = 6 }, Token);
        Assert.Equal(plain.Take(6).Select(hit => hit.Path).Order(), hits.Take(6).Select(hit => hit.Path).Order());
        Assert.Equal(plain.Skip(6), hits.Skip(6));
        Assert.All(hits.Take(5), hit =>
        {
            Assert.Equal(matchers.Demo.Match(hit.Path, text, cancellationToken: Token).MatchProbability, hit.Match!.MatchProbability);
            Assert.Equal(hit.Score, hit.Match.MatchProbability);
        });
        Assert.Equal(hits.Take(5).OrderByDescending(hit => hit.Score), hits.Take(5));
        // The file is gone: its vector is still there, and the matching head has nothing to look at.
        Assert.Equal(images[1], hits[5].Path);
        Assert.Contains(images[1], hits[5].Error, StringComparison.Ordinal);
        Assert.Equal(hits.Take(3), retriever.Search(text, new SearchOptions { Top = 3, Rerank = 6 }, Token));
        Assert.Equal(hits.Take(3), await retriever.SearchAsync(text, new SearchOptions { Top = 3, Rerank = 6 }, Token));
    }

    [Fact]
    public async Task As_the_authors_do_it_the_score_is_the_logit_and_the_cosine()
    {
        using var matcher = Matcher.Load(DemoMatching.Model, new MatcherOptions { Device = "cpu", Compat = Compat.Original });
        using var retriever = Retriever.Open(matcher, IndexPath);
        await AddAsync(retriever, Demo.Paths);
        foreach (var pair in DemoMatching.Pairs.Take(6))
        {
            var hit = retriever.Search(pair.Text, new SearchOptions { Top = 12, Rerank = 12 }, Token)
                .Single(hit => hit.Path == Path.GetFullPath(pair.Path));
            Assert.Equal(pair.EncoderLogits[1] + pair.Cosine, hit.Score, 5e-3);
        }
    }

    [Fact]
    public async Task What_was_reported_before_an_interruption_is_not_done_again()
    {
        var images = Copies(60);
        var reported = new List<string>();
        using (var retriever = Retriever.Open(matchers.Demo, IndexPath))
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
            // The reader stops it in the middle of a batch.
            var seen = 0;
            IEnumerable<ImageSource> Sources() => images.Select(path =>
            {
                if (++seen == 40)
                    stop.CancelAfter(1);
                return ImageSource.FromFile(path);
            });
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            {
                while (true)
                {
                    await foreach (var result in retriever.AddAsync(Sources(), stop.Token))
                        reported.Add(result.Source.Name);
                    seen = 0;
                    foreach (var name in retriever.Index.Entries().Select(entry => entry.Id).ToList())
                        retriever.Index.Remove([name]);
                    reported.Clear();
                }
            });
        }
        using (var retriever = Retriever.Open(matchers.Demo, IndexPath))
        {
            Assert.Subset(retriever.Index.Entries().Select(entry => retriever.PathOf(entry.Id)).ToHashSet(), reported.ToHashSet());
            var before = retriever.Index.Count;
            Assert.Equal(60 - before, (await AddAsync(retriever, images)).Count(result => result.Outcome == IndexingOutcome.Added));
            Assert.Equal(60, retriever.Index.Count);
        }
    }

    [Fact]
    public async Task A_reader_who_leaves_keeps_what_is_made()
    {
        var images = Copies(20);
        using var retriever = Retriever.Open(matchers.Demo, IndexPath);
        // It is left at the image that cannot be read, with nine before it.
        await foreach (var result in retriever.AddAsync(
            images[..9].Append("no.png").Concat(images[9..]).Select(path => ImageSource.FromFile(path)), Token))
        {
            if (!result.Succeeded)
                break;
        }
        Assert.InRange(retriever.Index.Count, 9, 19);
        Assert.Equal(20 - retriever.Index.Count,
            (await AddAsync(retriever, images)).Count(result => result.Outcome == IndexingOutcome.Added));
        Assert.Equal(20, retriever.Index.Count);
    }

    [Fact]
    public void An_index_is_of_one_model_and_precision_and_a_copy_of_the_model_is_the_same()
    {
        Retriever.Open(matchers.Demo, IndexPath).Dispose();
        using (var bf16 = Embedder.Load(DemoMatching.Model, new EmbedderOptions { Device = "cpu", Precision = Precision.Bf16 }))
            Assert.Contains("fp32", Assert.Throws<IndexException>(() => Retriever.Open(bf16, IndexPath)).Message, StringComparison.Ordinal);
        using (var other = Embedder.Load(
            ModelSource.Synthetic(SyntheticModels.Config("tiny-square") with { Head = BlipHead.Retrieval }, "another"),
            new EmbedderOptions { Device = "cpu" }))
            Assert.Contains("another in fp32", Assert.Throws<IndexException>(() => Retriever.OpenRead(other, IndexPath)).Message,
                StringComparison.Ordinal);

        var copy = Path.Combine(folder.Path, "copy");
        Directory.CreateDirectory(copy);
        foreach (var file in Directory.GetFiles(DemoMatching.Model))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        using var same = Embedder.Load(copy, new EmbedderOptions { Device = "cpu" });
        Retriever.Open(same, IndexPath).Dispose();
    }

    [Fact]
    public async Task A_folder_that_is_moved_with_its_index_is_found()
    {
        Copies(3);
        using (var retriever = Retriever.Open(matchers.Demo, IndexPath))
            await AddAsync(retriever, Directory.GetFiles(folder.Path, "*.png", SearchOption.AllDirectories));
        var moved = folder.Path + "-moved";
        Directory.Move(folder.Path, moved);
        try
        {
            using var retriever = Retriever.OpenRead(matchers.Demo, Path.Combine(moved, "blip.index"));
            Assert.All(retriever.Search("a star", cancellationToken: Token), hit => Assert.True(File.Exists(hit.Path), hit.Path));
            Assert.Throws<InvalidOperationException>(() => retriever.RemoveMissing());
        }
        finally
        {
            Directory.Move(moved, folder.Path);
        }
    }

    [Fact]
    public void Options_out_of_range_are_named()
    {
        using var retriever = Retriever.Open(matchers.Demo.Embedder, IndexPath);
        string Refused(Action search) => Assert.Throws<ArgumentException>(search).Message;
        Assert.Contains("Top is 0", Refused(() => retriever.Search("a", new SearchOptions { Top = 0 }, Token)), StringComparison.Ordinal);
        Assert.Contains("Rerank is -1", Refused(() => retriever.Search("a", new SearchOptions { Rerank = -1 }, Token)),
            StringComparison.Ordinal);
        Assert.Contains("no matching head", Refused(() => retriever.Search("a", new SearchOptions { Rerank = 5 }, Token)),
            StringComparison.Ordinal);
        Assert.Contains("not with an image", Refused(() => retriever.SearchByImage(Demo.Paths[0], new SearchOptions { Rerank = 5 }, Token)),
            StringComparison.Ordinal);
        Assert.Empty(retriever.Search("a", cancellationToken: Token));
        Assert.Throws<ImageException>(() => retriever.SearchByImage("no.png", cancellationToken: Token));
    }
}
