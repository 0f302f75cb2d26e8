using System.Diagnostics;
using Blip.Evaluation;
using CsCheck;

namespace Blip.Tests.Evaluation;

/// <summary>The rules of tokens; the sentences' tokens follow from the rules of the Penn Treebank's tokenizer.</summary>
public class PtbTokenizerTests
{
    [Theory]
    [InlineData("A man riding a wave on top of a surfboard.", "a man riding a wave on top of a surfboard")]
    [InlineData("The dog's owner isn't here, but they've come.", "the dog 's owner is n't here but they 've come")]
    [InlineData("He can't, won't and cannot go; I'd've gone", "he ca n't wo n't and can not go i 'd 've gone")]
    [InlineData("you're gonna wanna gotta gimme lemme", "you 're gon na wan na got ta gim me lem me")]
    [InlineData("the dogs' bowls", "the dogs bowls")]
    [InlineData("rock 'n' roll at 5 o'clock y'all", "rock 'n' roll at 5 o'clock y' all")]
    [InlineData("a black-and-white t-shirt, well-lit.", "a black-and-white t-shirt well-lit")]
    [InlineData("one - two -- three --- four – five — six", "one two three four five six")]
    [InlineData("a \"stop\" sign, ``quoted'' and “curly” and 'single'", "a stop sign quoted and curly and single")]
    [InlineData("a man (blurred) [sic] {so}", "a man -lrb- blurred -rrb- -lsb- sic -rsb- -lcb- so -rcb-")]
    [InlineData("at 10:30 pm, 1,000 people, 3.5 feet, 50% off, $5.00 and #7", "at 10:30 pm 1,000 people 3.5 feet 50 % off $ 5.00 and # 7")]
    [InlineData("black/white and 1/2 cup on 1/2/2012", @"black\/white and 1\/2 cup on 1\/2\/2012")]
    [InlineData("½ a pizza for £5 or €6", @"1\/2 a pizza for # 5 or $ 6")]
    [InlineData("wow!! really?! yes! no?", "wow !! really ?! yes no")]
    [InlineData("wait... what…", "wait what")]
    [InlineData("Mr. Smith of St. Louis, U.S.A. vs. Dr. No.", "mr. smith of st. louis u.s.a. vs. dr. no")]
    [InlineData("vitamin c. no. 5", "vitamin c. no. 5")]
    [InlineData("a grey harbour, colourful; glamour and contour", "a gray harbor colorful glamour and contour")]
    [InlineData("Grey theatre neighbourhood", "grey theater neighborhood")]
    [InlineData("see www.example.com/page and mail me@example.org, @you #nice",
        @"see www.example.com\/page and mail me@example.org @you #nice")]
    [InlineData("salt & pepper * star", @"salt & pepper \* star")]
    [InlineData("smile :) ", "smile :-rrb-")]
    [InlineData("the end.The start", "the end.the start")]
    [InlineData("a\nline\tand\r\nmore", "a line and more")]
    [InlineData("Ein Café am Fluß", "ein café am fluß")]
    [InlineData("a dog 🐶 and 狗", "a dog and 狗")]
    [InlineData("5th 4x4 3d", "5th 4x4 3d")]
    [InlineData("", "")]
    [InlineData("  . , ! ", "")]
    public void Tokens_of_a_sentence(string caption, string tokens) => Assert.Equal(tokens, PtbTokenizer.Tokenize(caption));

    [Fact]
    public void Any_text_has_tokens_apart_by_single_blanks_and_in_lower_case() =>
        Gen.OneOf(Gen.String, Gen.String[Gen.Char["ab'.-/,:;!?()<>@#$&*0 1n's\u00a0\u2019"], 0, 40]).Sample(
            text =>
            {
                var tokens = PtbTokenizer.Tokenize(text);
                Assert.Equal(tokens, tokens.ToLowerInvariant());
                Assert.DoesNotContain("  ", tokens, StringComparison.Ordinal);
                Assert.Equal(tokens, tokens.Trim(' '));
                Assert.Equal(tokens, PtbTokenizer.Tokenize($" {text}\n"));
            },
            iter: 3000);

    [Theory]
    [InlineData("word ")]
    [InlineData("a,")]
    [InlineData("a-")]
    [InlineData("a.")]
    [InlineData("%")]
    [InlineData("<a ")]
    [InlineData("www.")]
    [InlineData("www.ì")]
    [InlineData("www.a")]
    [InlineData("www.a.b/")]
    [InlineData("http://")]
    [InlineData("a'")]
    [InlineData("1:")]
    [InlineData("((")]
    public void Time_is_linear_in_the_text(string unit)
    {
        var start = Stopwatch.GetTimestamp();
        PtbTokenizer.Tokenize(string.Concat(Enumerable.Repeat(unit, 100_000 / unit.Length)));

        // A rule that is quadratic, or worse, takes minutes; the bound leaves room for a busy machine.
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 20);
    }
}
