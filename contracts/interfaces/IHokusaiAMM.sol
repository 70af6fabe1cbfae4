// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Permit} from "../types/Permit.sol";
import {IModelToken} from "./IModelToken.sol";

/// @title Hokusai AMM
/// @notice The market of one model token against the reserve token, on one smooth constant-reserve-ratio curve with a virtual
/// reserve. With R the real and R0 the virtual reserve, S the curve supply and w = crr / 1e6:
///
///     spot price   P = (R + R0) / (w · S)
///     buy   D in:  T = S · ((1 + D/(R+R0))^w − 1)        R += D, S += T
///     sell  T in:  F = (R+R0) · (1 − (1 − T/S)^(1/w))    R −= F, S −= T, as long as F ≤ R
///
/// Buys mint investor tokens within the token's cap, and sells burn them. S moves with trades only: tokens that are minted
/// elsewhere (supplier, rewards) do not change the price, but whoever holds them can sell them for the same R, first come,
/// first served; see {unbackedSupply} and {maxSell}. Usage fees flow into R evenly over a day, so that nobody can take a
/// deposit by trading around it in one block.
///
/// Units: tokens in wei (18 decimals), reserve in units of the reserve token (6 decimals), times in seconds since 1970. Every
/// rounding goes against the trader.
///
/// Reserve tokens leave only through {sell} and {collectFees}. Those that are sent to the pool directly do not change the
/// price and leave as trade fees; other tokens that are sent here, the model's too, are lost. A reserve token must not keep
/// part of a transfer: an amount that does not arrive in full is refused. While a function that moves tokens runs, it cannot
/// be called again, nor can any function or view of what it changes: they revert `ReentrancyGuardReentrantCall`.
interface IHokusaiAMM {
    /// @notice Tokens were bought.
    /// @param buyer Who paid.
    /// @param to Who received the tokens.
    /// @param reserveIn Reserve units paid, fee included.
    /// @param tokensOut Wei minted.
    /// @param reserve R after the trade.
    /// @param curveSupply S after the trade.
    event Bought(
        address indexed buyer,
        address indexed to,
        uint256 reserveIn,
        uint256 tokensOut,
        uint256 reserve,
        uint256 curveSupply
    );

    /// @notice Tokens were sold.
    /// @param seller Whose tokens were burned.
    /// @param to Who was paid.
    /// @param tokensIn Wei burned.
    /// @param reserveOut Reserve units paid, the fee already taken off.
    /// @param reserve R after the trade.
    /// @param curveSupply S after the trade.
    event Sold(
        address indexed seller,
        address indexed to,
        uint256 tokensIn,
        uint256 reserveOut,
        uint256 reserve,
        uint256 curveSupply
    );

    /// @notice Usage fees were added to the stream.
    /// @param payer Who paid; for fees that come through the usage fee router, the router.
    /// @param amount Reserve units added.
    /// @param pending Reserve units that the stream has yet to release, the deposit included.
    /// @param streamEnd The second by which it will have released all of them.
    /// @param reserve R, including what the stream had released by then.
    event FeesDeposited(address indexed payer, uint256 amount, uint256 pending, uint256 streamEnd, uint256 reserve);

    /// @notice Trade fees, and reserve tokens that were sent to the pool directly, went to the treasury.
    /// @param treasury The treasury.
    /// @param amount Reserve units.
    event FeesCollected(address indexed treasury, uint256 amount);

    /// @notice Sells are not open yet, because the buy-only window has not ended.
    /// @param opensAt First second in which they are.
    /// @custom:fix Sell from `opensAt`.
    error SellsNotOpen(uint256 opensAt);

    /// @notice The trade is too small to yield anything.
    /// @custom:fix Trade a larger amount.
    error ZeroOutput();

    /// @notice The trade yields less than the caller's minimum.
    /// @param output What it yields.
    /// @param min The minimum.
    /// @custom:fix Quote again, or accept a lower minimum: the price moved since the quote.
    error InsufficientOutput(uint256 output, uint256 min);

    /// @notice The trade costs more than the caller's limit.
    /// @param input What it costs, in reserve units.
    /// @param max The limit; when the cap leaves only a part of the tokens, that part of the limit, rounded down.
    /// @custom:fix Quote again, or accept a higher maximum: the price moved since the quote. Where the cap leaves less than
    /// was asked for, the maximum shrinks with it.
    error ExcessiveInput(uint256 input, uint256 max);

    /// @notice R holds less than the sale would take out of it.
    /// @param requested Reserve units that the sale would take out, before the fee; for all of S or more, R + R0.
    /// @param available R.
    /// @custom:fix Sell at most `maxSell()`, or wait until R has grown. Tokens that nobody paid the reserve for draw on it too.
    error InsufficientReserve(uint256 requested, uint256 available);

    /// @notice Buys tokens for an exact amount of reserve. The tokens are minted.
    /// @dev Emits `Bought`. Reverts `DeadlineExpired`, `ZeroAddress` and `ProtocolContract` for `to`, `Paused`, `OutOfRange` for
    /// a `reserveIn` that the pool has no room for, `ZeroOutput`, `InsufficientOutput`, `UnexpectedReserveReceived`, with
    /// `InvestorAllocationExceeded` of the token, with the reserve token's own errors, and for amounts far above any cap with
    /// `GrowthOutOfRange` of the curve.
    /// @param reserveIn Reserve units to pay, fee included.
    /// @param minTokensOut Fewest wei accepted.
    /// @param to Receiver of the tokens; neither zero nor the pool nor the token.
    /// @param deadline Last second in which the trade is valid.
    /// @return Wei minted.
    function buy(uint256 reserveIn, uint256 minTokensOut, address to, uint256 deadline) external returns (uint256);

    /// @notice {buy} with an ERC-2612 permit of `reserveIn` to the pool. A permit that somebody has used already does no harm as
    /// long as the allowance suffices; if it does not, the reserve token refuses the transfer.
    /// @dev Emits `Bought`. Reverts as {buy} does.
    /// @param reserveIn Reserve units to pay, fee included.
    /// @param minTokensOut Fewest wei accepted.
    /// @param to Receiver of the tokens; neither zero nor the pool nor the token.
    /// @param deadline Last second in which the trade is valid.
    /// @param permit The caller's permit.
    /// @return tokensOut Wei minted.
    function buyWithPermit(
        uint256 reserveIn,
        uint256 minTokensOut,
        address to,
        uint256 deadline,
        Permit calldata permit
    ) external returns (uint256 tokensOut);

    /// @notice Buys an exact amount of tokens, or what the cap leaves of it. `maxReserveIn` is a price: no trade costs more per
    /// token than `maxReserveIn / tokensOut`. To buy all that is left, ask for what {quoteBuyExactOut} says is left.
    /// @dev Emits `Bought`. Reverts `DeadlineExpired`, `ZeroAddress` and `ProtocolContract` for `to`, `Paused`, `InvalidAmount`
    /// for a `tokensOut` of zero, `InsufficientOutput`, `ExcessiveInput`, `OutOfRange` for a `reserveIn` that the pool has no
    /// room for, `UnexpectedReserveReceived`, with `InvestorAllocationExceeded(tokensOut, 0)` of the token when nothing is left,
    /// with the reserve token's own errors, and for amounts far above any cap with `GrowthOutOfRange` of the curve.
    /// @param tokensOut Wei wanted.
    /// @param minTokensOut Fewest wei accepted, when the cap leaves less than wanted.
    /// @param maxReserveIn Most reserve units to pay for all of `tokensOut`, fee included.
    /// @param to Receiver of the tokens; neither zero nor the pool nor the token.
    /// @param deadline Last second in which the trade is valid.
    /// @return tokensMinted Wei minted.
    /// @return reserveIn Reserve units paid, fee included.
    function buyExactOut(
        uint256 tokensOut,
        uint256 minTokensOut,
        uint256 maxReserveIn,
        address to,
        uint256 deadline
    ) external returns (uint256 tokensMinted, uint256 reserveIn);

    /// @notice {buyExactOut} with an ERC-2612 permit of `maxReserveIn` to the pool; see {buyWithPermit}.
    /// @dev Emits `Bought`. Reverts as {buyExactOut} does.
    /// @param tokensOut Wei wanted.
    /// @param minTokensOut Fewest wei accepted, when the cap leaves less than wanted.
    /// @param maxReserveIn Most reserve units to pay for all of `tokensOut`, fee included.
    /// @param to Receiver of the tokens; neither zero nor the pool nor the token.
    /// @param deadline Last second in which the trade is valid.
    /// @param permit The caller's permit.
    /// @return tokensMinted Wei minted.
    /// @return reserveIn Reserve units paid, fee included.
    function buyExactOutWithPermit(
        uint256 tokensOut,
        uint256 minTokensOut,
        uint256 maxReserveIn,
        address to,
        uint256 deadline,
        Permit calldata permit
    ) external returns (uint256 tokensMinted, uint256 reserveIn);

    /// @notice Sells tokens of the caller, who need not approve them. They are burned. No key can pause sells.
    /// @dev Emits `Sold`. Reverts `DeadlineExpired`, `ZeroAddress` and `ProtocolContract` for `to`, `SellsNotOpen`,
    /// `InsufficientReserve`, `ZeroOutput`, `InsufficientOutput`, with `ERC20InsufficientBalance` of the token, and with the
    /// reserve token's own errors.
    /// @param tokensIn Wei to sell.
    /// @param minReserveOut Fewest reserve units accepted, the fee already taken off.
    /// @param to Receiver of the reserve tokens; neither zero nor the pool nor the token.
    /// @param deadline Last second in which the trade is valid.
    /// @return Reserve units paid.
    function sell(uint256 tokensIn, uint256 minReserveOut, address to, uint256 deadline) external returns (uint256);

    /// @notice Adds usage fees to the stream. A deposit is released into R evenly over a day; added to a running stream, it moves
    /// the stream's end to the average of both ends, weighted by amount and rounded down, so that dust delays nothing. The
    /// tokens are taken from the caller. Only the factory's usage fee router sends them here before it calls, so that they
    /// move just once.
    /// @dev Emits `FeesDeposited`. Reverts `InvalidAmount`, `OutOfRange` for an `amount` that the pool has no room for,
    /// `UnexpectedReserveReceived`, and with the reserve token's own errors.
    /// @param amount Reserve units.
    function depositFees(uint256 amount) external;

    /// @notice Sends the trade fees to the factory's treasury. Anyone may call it; without fees nothing happens.
    /// @dev Emits `FeesCollected` when there are any. Reverts with the reserve token's own errors.
    /// @return amount Reserve units sent.
    function collectFees() external returns (uint256 amount);

    /// @notice Sets the end of a pause of buys. Only the factory, which applies the rules of {GuardianPause} and emits the event.
    /// @dev Reverts `UnauthorizedCaller`.
    /// @param until First second in which buys are open.
    function setBuysPausedUntil(uint40 until) external;

    /// @notice The model's token.
    /// @return Its address.
    function token() external view returns (IModelToken);

    /// @notice The reserve token, which has 6 decimals.
    /// @return Its address.
    function reserveToken() external view returns (IERC20);

    /// @notice The factory that created the pool.
    /// @return Its address.
    function factory() external view returns (address);

    /// @notice The constant reserve ratio w.
    /// @return Parts per million.
    function crr() external view returns (uint256);

    /// @notice The fee on every trade.
    /// @return Bps.
    function tradeFee() external view returns (uint256);

    /// @notice S before the first trade.
    /// @return Wei.
    function virtualSupply() external view returns (uint256);

    /// @notice R0.
    /// @return Reserve units.
    function virtualReserve() external view returns (uint256);

    /// @notice R now, including what the stream has released.
    /// @return Reserve units.
    function reserve() external view returns (uint256);

    /// @notice S now.
    /// @return Wei.
    function curveSupply() external view returns (uint256);

    /// @notice The price of a whole token.
    /// @return priceWad Reserve units with 18 decimals more, rounded down.
    function spotPrice() external view returns (uint256 priceWad);

    /// @notice Tokens that the pool has issued and not taken back.
    /// @return Wei; negative when holders have sold it more than it issued, which is possible only with tokens minted
    /// elsewhere.
    function netIssued() external view returns (int256);

    /// @notice What buys can still mint within the token's cap.
    /// @return Wei.
    function remainingInvestorAllocation() external view returns (uint256);

    /// @notice Tokens in circulation beyond what the pool has issued net of sales: total supply − max({netIssued}, 0). It is zero
    /// until the supplier allocation or a reward is minted. It counts tokens, not holders: they are all alike, and when net
    /// issue is negative, the whole supply is counted, even the part that somebody bought from the pool.
    /// @return Wei.
    function unbackedSupply() external view returns (uint256);

    /// @notice How many tokens one sale can sell before R is empty, the buy-only window aside. This is a lower bound:
    /// because of rounding, a slightly larger sale may still be paid.
    /// @dev Reverts with `GrowthOutOfRange` of the curve for an R far above any cap.
    /// @return Wei, rounded down.
    function maxSell() external view returns (uint256);

    /// @notice When sells open.
    /// @return First second in which they are open.
    function sellsOpenAt() external view returns (uint256);

    /// @notice When buys are open again; a time that is not in the future means that they are.
    /// @return The second in which the pause ends; 0 when there was none.
    function buysPausedUntil() external view returns (uint40);

    /// @notice Usage fees that the stream has yet to release into R.
    /// @return Reserve units.
    function pendingStream() external view returns (uint256);

    /// @notice When the running stream will have released all that it holds.
    /// @return A second; 0 when no stream runs.
    function streamEnd() external view returns (uint256);

    /// @notice Trade fees, and reserve tokens that were sent to the pool directly, waiting for {collectFees}.
    /// @return Reserve units.
    function uncollectedFees() external view returns (uint256);

    /// @notice What {buy} would mint now.
    /// @dev Reverts as {buy} would for the amount and the pool's state.
    /// @param reserveIn Reserve units to pay, fee included.
    /// @return tokensOut Wei.
    function quoteBuy(uint256 reserveIn) external view returns (uint256 tokensOut);

    /// @notice What {buyExactOut} would mint and cost now.
    /// @dev Reverts as {buyExactOut} would for the amount and the pool's state.
    /// @param tokensOut Wei wanted.
    /// @return tokensMinted Wei, less than wanted when the cap leaves less.
    /// @return reserveIn Reserve units for `tokensMinted`, fee included.
    function quoteBuyExactOut(uint256 tokensOut) external view returns (uint256 tokensMinted, uint256 reserveIn);

    /// @notice What {sell} would pay now.
    /// @dev Reverts as {sell} would for the amount and the pool's state.
    /// @param tokensIn Wei to sell.
    /// @return reserveOut Reserve units, the fee already taken off.
    function quoteSell(uint256 tokensIn) external view returns (uint256 reserveOut);
}
