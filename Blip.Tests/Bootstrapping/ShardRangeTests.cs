using Blip.Bootstrapping.Queues;

namespace Blip.Tests.Bootstrapping;

public class ShardRangeTests
{
    [Theory]
    [InlineData("0", new[] { 0 })]
    [InlineData("10-12,25", new[] { 10, 11, 12, 25 })]
    [InlineData(" 25 , 3 - 4, 4-5,3", new[] { 3, 4, 5, 25 })]
    [InlineData("29-29", new[] { 29 })]
    public void Numbers_and_ranges_are_read_ascending_and_once(string text, int[] expected)
    {
        Assert.Equal(expected, ShardRange.Parse(text, 30));
        Assert.Equal(expected, ShardRange.Parse(ShardRange.Format(expected), 30));
    }

    private const string Neither = "is neither a shard number nor a range: give numbers and ranges such as 10-19,25.";

    [Theory]
    [InlineData("30", 30, "There is no shard 30, which '30' names: the shards are 0 to 29.")]
    [InlineData("5-2147483647", 30, "There is no shard 2147483647, which '5-2147483647' names: the shards are 0 to 29.")]
    [InlineData("1", 1, "There is no shard 1, which '1' names: there is shard 0 alone.")]
    [InlineData("0", 0, "There is no shard 0, which '0' names: the sources have no shards.")]
    [InlineData("9-3", 30, "The range '9-3' goes backwards: write it as 3-9.")]
    [InlineData("1,,2", 30, "'' in '1,,2' " + Neither)]
    [InlineData("-3", 30, "'-3' in '-3' " + Neither)]
    [InlineData("1-2-3", 30, "'1-2-3' in '1-2-3' " + Neither)]
    [InlineData("9999999999", 30, "'9999999999' in '9999999999' " + Neither)]
    [InlineData("all", 30, "'all' in 'all' " + Neither)]
    public void A_mistake_is_told(string text, int shards, string message) =>
        Assert.Equal(message, Assert.Throws<ShardQueueException>(() => ShardRange.Parse(text, shards)).Message);

    [Theory]
    [InlineData(new int[0], "")]
    [InlineData(new[] { 7, 3, 4, 5, 4, 0 }, "0,3-5,7")]
    public void Numbers_are_written_shortly(int[] shards, string expected) => Assert.Equal(expected, ShardRange.Format(shards));
}
