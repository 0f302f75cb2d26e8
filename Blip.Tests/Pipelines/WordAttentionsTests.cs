using Blip.Runtime.Imaging;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;

namespace Blip.Tests.Pipelines;

public class WordAttentionsTests
{
    [Fact]
    public void Pieces_of_a_word_are_joined_and_special_tokens_belong_to_none()
    {
        var words = WordSpan.Of(["", " a", " skate", "board", "er", " runs", ""]);
        Assert.Equal([new("a", 1, 1), new("skateboarder", 2, 3), new("runs", 5, 1)], words);
    }

    [Fact]
    public void A_piece_with_nothing_before_it_is_a_word() => Assert.Equal([new WordSpan("s", 1, 1)], WordSpan.Of(["", "s"]));

    [Fact]
    public void A_map_is_the_sum_of_a_words_queries_over_layers_and_heads_scaled_to_one()
    {
        // A class token that all look at, and 1 × 2 patches: the query at 0 looks right, the others look left.
        (float Left, float Right)[] queries = [(0.1f, 0.3f), (0.4f, 0.2f), (0.5f, 0.1f)];
        var token = queries.SelectMany(query => new[] { 9f, query.Left, query.Right }).ToArray();
        var attention = new CrossAttention(Layers: 2, Heads: 1, Tokens: 3, ImageTokens: 3, [.. token, .. token]);

        var maps = WordAttentions.Of(attention, 1, 2, [new WordSpan("right", 1, 1), new WordSpan("left", 2, 1)]);
        Assert.Equal(["right", "left"], maps.Select(map => map.Word));
        Assert.Equal([0f, 1f], maps[0].Values);
        Assert.Equal([1f, 0f], maps[1].Values);
        Assert.Equal((1, 2), (maps[0].Height, maps[0].Width));
        // The meanings of 0 and 1: the mean over layers, heads and tokens.
        Assert.Equal(new HeatRange(0.1f, 0.3f), maps[0].Range);
        Assert.Equal(new HeatRange(0.2f, 0.4f), maps[1].Range);
        var both = WordAttentions.Of(attention, 1, 2, [new WordSpan("both", 2, 2)])[0].Range;
        Assert.Equal(0.15f, both.Coldest, 1e-6f);
        Assert.Equal(0.45f, both.Hottest, 1e-6f);
    }

    [Fact]
    public void Heads_that_disagree_are_averaged()
    {
        // One query; head 0 sees patch 0, head 1 sees patch 1 twice as strongly.
        var attention = new CrossAttention(Layers: 1, Heads: 2, Tokens: 1, ImageTokens: 4, [0.6f, 0.4f, 0, 0, 0.2f, 0, 0.8f, 0]);
        Assert.Equal([0.5f, 1f, 0f], WordAttentions.Of(attention, 1, 3, [new WordSpan("x", 1, 1)])[0].Values);
    }

    [Fact]
    public void An_even_map_is_dark()
    {
        var attention = new CrossAttention(Layers: 1, Heads: 1, Tokens: 1, ImageTokens: 3, [0.5f, 0.25f, 0.25f]);
        Assert.Equal([0f, 0f], WordAttentions.Of(attention, 1, 2, [new WordSpan("x", 1, 1)])[0].Values);
    }

    [Fact]
    public void A_grid_of_another_size_is_refused() => Assert.Throws<ArgumentException>(
        () => WordAttentions.Of(new CrossAttention(1, 1, 1, 3, new float[3]), 2, 2, []));
}
